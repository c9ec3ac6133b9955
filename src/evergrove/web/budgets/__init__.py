"""Budgets: how much money outreach may cost, how far it is used, and the forms that set and end one."""
