"""The version of Evergrove, once."""

__version__ = "0.1.0"
