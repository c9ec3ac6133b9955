"""Customers won together: who comes back, and what they bring, by when or from where they came."""
