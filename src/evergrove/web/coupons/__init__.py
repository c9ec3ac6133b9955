"""What the shop gives: campaigns with what they cost, their codes, and the form of a new one."""
