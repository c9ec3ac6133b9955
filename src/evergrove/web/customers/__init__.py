"""Customers: found, filtered, sorted, taken along as a file."""
