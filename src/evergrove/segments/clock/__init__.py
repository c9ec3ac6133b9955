"""When time alone can next move a customer: the day before which nobody need look again."""
