"""The first page: how the customer base stands, and what needs a decision."""
