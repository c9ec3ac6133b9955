"""What people are written: all letters, one of them as its readers see it, and the editor."""
