"""The command line: thin; it calls verbs and prints sentences."""
