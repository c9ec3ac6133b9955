"""The routes of /v1, one module a resource: each reads the request, calls one verb, and shapes the answer."""

from evergrove.api import (
    about,
    audit,
    backtests,
    backups,
    customer_life,
    customer_lineage,
    customer_search,
    customers,
    doctor,
    events,
    exports,
    imports,
    intake,
    jobs,
    keys,
    me,
    orders,
    overview,
    persons,
    playbooks,
    policies,
    runs,
    segments,
    sign_in,
    tables,
    targets,
    transitions,
    users,
)

RESOURCES = (
    intake,
    orders,
    customer_search,
    customers,
    customer_life,
    customer_lineage,
    about,
    me,
    sign_in,
    transitions,
    policies,
    segments,
    persons,
    runs,
    backtests,
    targets,
    overview,
    playbooks,
    imports,
    tables,
    events,
    jobs,
    exports,
    users,
    keys,
    audit,
    backups,
    doctor,
)
"""
Modules with ``routes``, in the order in which /docs shows them, and in which a path is looked for: what comes in hundreds
of times a second stands first.
"""

__all__ = ["RESOURCES"]
