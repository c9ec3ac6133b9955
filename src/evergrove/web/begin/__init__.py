"""The first steps: from an empty workspace to the first overview."""
