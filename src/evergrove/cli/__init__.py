"""The command line: thin; it calls verbs and prints sentences."""

import os

# Before numpy is loaded: its BLAS threads spin beside DuckDB's and take a third of the time for nothing.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from evergrove.cli.main import main

__all__ = ["main"]
