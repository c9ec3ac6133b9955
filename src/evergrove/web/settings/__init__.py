"""Settings: how value is counted, people and their keys, privacy, who did what, backups and health."""
