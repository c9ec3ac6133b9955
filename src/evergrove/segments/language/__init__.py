"""Segments in words: a condition over a closed list of fields, checked, compiled to SQL, stored, counted each night."""
