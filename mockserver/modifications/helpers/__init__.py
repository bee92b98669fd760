"""Tools for faults and variants: reading requests, serving other pages, changing answers."""
