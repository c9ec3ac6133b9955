"""What a service writes down of what it does: one line each, fields of a closed list, nothing personal."""

from evergrove.server.logs.fields import FIELDS
from evergrove.server.logs.starting import start_logs

__all__ = ["FIELDS", "start_logs"]
