"""One customer: what happened, what to expect and why, and what may be done about the data."""
