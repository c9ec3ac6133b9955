"""The routes of /v1, one module a resource: each reads the request, calls one verb, and shapes the answer."""

from evergrove.api import (
    about,
    backtests,
    customers,
    exports,
    imports,
    jobs,
    me,
    persons,
    playbooks,
    policies,
    runs,
    segments,
    tables,
    targets,
    transitions,
)

RESOURCES = (
    about,
    me,
    customers,
    transitions,
    policies,
    segments,
    persons,
    runs,
    backtests,
    targets,
    playbooks,
    imports,
    tables,
    jobs,
    exports,
)
"""Modules with ``routes``, in the order in which /docs shows them."""

__all__ = ["RESOURCES"]
