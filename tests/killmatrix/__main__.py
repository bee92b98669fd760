"""`python -m tests.killmatrix`: the kill matrix."""

from benchmarks.command_line import run
from tests.killmatrix.command import main

run(main, "python -m tests.killmatrix")
