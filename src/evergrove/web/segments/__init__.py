"""Segments: conditions as lists that renew themselves, what sets groups apart, who moved, and the tier policy."""
