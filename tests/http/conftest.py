"""A service whose routes a test adds to."""

from tests.api.conftest import house, opening, passwords

__all__ = ["house", "opening", "passwords"]
