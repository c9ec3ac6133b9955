"""Messages: how many stand how, each with its reason, and what somebody can say of those whose answer was lost."""
