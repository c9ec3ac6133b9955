"""Evergrove: customer lifetime value for every customer, a decision for each, proof of what it earned."""
