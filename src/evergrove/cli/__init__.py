"""The command line: thin; it calls verbs and prints sentences."""

from evergrove.cli.main import main

__all__ = ["main"]
