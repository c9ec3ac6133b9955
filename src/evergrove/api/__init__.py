"""The routes of /v1, one module a resource: each reads the request, calls one verb, and shapes the answer."""

from evergrove.api import about, customers, exports, jobs, me

RESOURCES = (about, me, customers, jobs, exports)
"""Modules with ``routes``, in the order in which /docs shows them."""

__all__ = ["RESOURCES"]
