"""Who did what, kept so that nobody can change it unseen."""
