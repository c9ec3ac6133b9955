"""The page of the week: which cells have something to gain, what to do there, and what that has earned."""
