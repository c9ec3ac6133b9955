"""The page of a rolling back-test."""

from evergrove.report.back_test.write import write_back_test

__all__ = ["write_back_test"]
