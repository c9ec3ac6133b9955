"""Files of all other tables, each declared as data, to typed, judged rows."""
