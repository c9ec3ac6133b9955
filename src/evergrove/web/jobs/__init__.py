"""Jobs: what is being done, what was done, what comes again by itself, and what one can have done."""
