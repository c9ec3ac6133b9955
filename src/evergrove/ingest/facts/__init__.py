"""What imports leave in the warehouse, with all its history, and what holds of it."""
