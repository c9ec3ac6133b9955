"""What programs tell over HTTP: stored before it is answered, taken into the facts afterwards."""

from evergrove.ingest.events.store import mark, store
from evergrove.ingest.events.types import Event, Outcome, Reason, anonymous_customer

__all__ = ["Event", "Outcome", "Reason", "anonymous_customer", "mark", "store"]
