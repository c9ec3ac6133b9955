"""Fakes, scripted servers and the harnesses of the tests; nothing of the product imports it."""
