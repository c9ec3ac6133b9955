"""Where everybody stands tonight, given where he stood last night, and why he moved."""
