"""Pages behind the links of letters, for readers who have no account."""
