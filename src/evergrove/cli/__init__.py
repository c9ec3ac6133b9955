"""The command line: thin; it calls verbs and prints sentences."""

import os

# Before numpy is loaded: its BLAS threads spin beside DuckDB's and take a third of the time for nothing.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

try:
    from evergrove.cli.main import main
except KeyboardInterrupt:  # pressed while the modules load: there is no terminal yet to report to
    raise SystemExit(130) from None

__all__ = ["main"]
