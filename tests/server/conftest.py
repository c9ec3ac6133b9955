"""A service, as tests of the API have it."""

from tests.api.conftest import begun_house, house, opening, passwords

__all__ = ["begun_house", "house", "opening", "passwords"]
