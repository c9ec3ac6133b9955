"""What doctor finds and what leaves a workspace sound all the same. Loads nothing: faces ask before they open one."""

NOTES = (
    "app.channel_unusable",
    "app.nobody_sends",
    "audit.behind",
    "ledger.unsafe_sqlite",
    "outbox.restored",
    "pipeline.at_work",
    "pipeline.backup_gone",
    "pipeline.never_backed_up",
    "pipeline.not_confined",
    "pipeline.old_openssl",
    "pipeline.old_python",
    "pipeline.unnamed_files",
)
"""By their codes: this machine, a copy at rest, a backup moved to a safe place, what lies about."""
