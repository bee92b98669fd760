"""What faults and variants are made with: a catalogue by name, and other ways to read requests, serve pages, change answers."""
