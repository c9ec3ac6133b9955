"""The fields that a line may have. The list is closed: what is not in it is left out, whoever says it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

FIELDS: Mapping[str, str] = {
    "timestamp": "When, in UTC.",
    "level": "`debug`, `info`, `warning` or `error`.",
    "event": "What happened, in constant words.",
    "process": "`serve`, `worker` or `live`.",
    "pid": "Number of the process.",
    "version": "Of Evergrove.",
    "request_id": "Of the request, as the answer's header `X-Request-Id` has it.",
    "actor": "Who asked: `user:<id>`, `key:<prefix>` or `nobody`; never an address.",
    "method": "Of the request.",
    "route": "The route's template, such as `/v1/customers/{customer_id}`; never what stood in its place.",
    "status": "Of the answer.",
    "ms": "How long it took, in milliseconds.",
    "bytes": "How much was answered.",
    "code": "Of an error or a reason, as [codes](reference/codes.md) has it.",
    "error": "Class of an error.",
    "where": "Places in the code that led to it, the last one last.",
    "logger": "Whose line it is, where it is not our own.",
    "store": "`ledger` or `warehouse`.",
    "statement": "What a slow statement does, and a checksum of its text without values.",
    "job": "Number of a job.",
    "kind": "Of a job, an event, a process.",
    "state": "Of a job.",
    "attempt": "Which one of a job.",
    "stage": "Which of the live process's chores.",
    "schedule": "Key of a schedule.",
    "missed": "How many times of a schedule were passed over.",
    "host": "That the service listens on.",
    "port": "That it listens on.",
    "signal": "That ended a process, or its exit status.",
    "left_out": "Names of fields that are not in this list, and so not in the line.",
}
"""Name -> what it says. docs/operations.md shows the list, and a test compares the two."""
