"""The benchmark: the mock beside its peers under the same load, and beside itself with a million contacts.

    python -m benchmarks

It installs the peers (npm, pip) into a cache folder, and its targets are ratios within one run: they do not depend on the
machine.
"""
