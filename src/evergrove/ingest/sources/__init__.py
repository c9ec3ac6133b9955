"""Bytes of any format to rows of texts, each with its line; here or in a confined child."""
