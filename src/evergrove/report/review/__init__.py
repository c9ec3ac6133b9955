"""The page of a month's review."""
