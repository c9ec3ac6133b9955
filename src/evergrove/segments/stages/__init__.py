"""Where customers stand in the life cycle, by the first rule that holds."""
