"""Limits: what every message has to pass and what is set for it, addresses nothing is sent to, and open matters."""
