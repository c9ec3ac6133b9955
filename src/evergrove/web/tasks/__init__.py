"""What people of the shop are to do for customers: the list of calls, and what came of each."""
