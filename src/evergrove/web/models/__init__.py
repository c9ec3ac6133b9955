"""What forecasts rest on: the champion and why, back-tests, and the history of runs."""
