"""Files that tell of persons, row by row to ``people`` and nowhere else."""
