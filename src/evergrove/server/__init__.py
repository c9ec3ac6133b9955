"""The service: processes that answer, work and compute, and what they tell of themselves."""
