"""The door: signing in and out, one-time links, forgotten passwords."""
