"""
Pages ask the routes of /v1, in the process and not over a wire: page and API cannot tell different things.

A route's function is called as it stands, and its own right is asked for before: a page lets nobody see, or do, what
the API would not.
"""

from __future__ import annotations

from inspect import signature
from typing import TYPE_CHECKING, Any, TypeVar

from starlette.responses import Response

from evergrove.access import may, require
from evergrove.http import rule_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.http import Call

A = TypeVar("A")


def ask(call: Call, function: Callable[..., A], *args: Any, **given: Any) -> A:
    """
    The answer of a route of /v1.

    Args:
        call: Of the page's request.
        function: The route's handler; a ``response`` that it takes is made here.
        args: Of the handler, before the call.
        given: Of the handler, by name.

    Raises:
        NotAllowed: Whoever asks may not ask that.
        SignInNeeded: Nobody is known.
    """
    rule = rule_of(function)
    if rule.right:
        require(call.actor, rule.right)
    if "response" in signature(function).parameters:
        given.setdefault("response", Response())
    return function(*args, call=call, **given)


def allowed(call: Call, function: Callable[..., Any]) -> bool:
    """Whether whoever asks may ask a route of /v1: what they may not is not shown."""
    rule = rule_of(function)
    return not rule.right or (call.caller is not None and may(call.caller, rule.right))
