"""Data: what came in and where its rows went, files to be looked at, rates, and whether all this will carry forecasts."""
