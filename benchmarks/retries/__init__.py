"""What retry libraries do by their own defaults: a small client of each, graded by `outbound-mock grade`.

    python -m benchmarks.retries

It installs the libraries (pip, npm) into a cache folder, and prints the table that stands in docs/retry-libraries.md.
"""
