"""The one way out: every HTTP call of ours, checked, pinned to what was checked, and limited."""

from evergrove.net.addresses import is_public
from evergrove.net.breaker import Breaker
from evergrove.net.client import Door, check_url, fetch
from evergrove.net.errors import (
    AnswerLost,
    CallFailed,
    HostResting,
    NotReached,
    NotResolved,
    Redirected,
    RefusedAddress,
    RefusedUrl,
    TooSlow,
)
from evergrove.net.types import Answer, Destination, Limits, Request

__all__ = [
    "Answer",
    "AnswerLost",
    "Breaker",
    "CallFailed",
    "Destination",
    "Door",
    "HostResting",
    "Limits",
    "NotReached",
    "NotResolved",
    "Redirected",
    "RefusedAddress",
    "RefusedUrl",
    "Request",
    "TooSlow",
    "check_url",
    "fetch",
    "is_public",
]
