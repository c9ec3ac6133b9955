"""
Pages ask the routes of /v1, in the process and not over a wire: page and API cannot tell different things.

A route's function is called as it stands, and its own right is asked for before: a page lets nobody see, or do, what
the API would not.
"""

from __future__ import annotations

from functools import cache
from inspect import signature
from typing import TYPE_CHECKING, Any, TypeVar, get_type_hints

from fastapi.exceptions import RequestValidationError
from fastapi.params import Path, Query
from pydantic import TypeAdapter, ValidationError
from starlette.responses import Response

from evergrove.access import may, require, require_person
from evergrove.http import rule_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

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
        RequestValidationError: Something is not what the route would take.
    """
    rule = rule_of(function)
    if rule.right:
        (require_person if rule.person else require)(call.actor, rule.right)
    check(function, signature(function).bind_partial(*args, **given).arguments)
    if "response" in signature(function).parameters:
        given.setdefault("response", Response())
    return function(*args, call=call, **given)


def check(function: Callable[..., Any], given: Mapping[str, Any]) -> None:
    """
    Hold parameters of a path or a query against what their route says of them: here no framework has done so.

    Raises:
        RequestValidationError: One is not what the route would take.
    """
    for name, adapter in _declared(function).items():
        if name in given:
            try:
                adapter.validate_python(given[name])
            except ValidationError as error:
                found = [{**each, "loc": ("query", name)} for each in error.errors()]
                raise RequestValidationError(found) from error


@cache
def _declared(function: Callable[..., Any]) -> dict[str, TypeAdapter[Any]]:
    """What the parameters of a handler take that come from a path or a query."""
    hints = get_type_hints(function, include_extras=True)
    return {
        name: TypeAdapter(hint)
        for name, hint in hints.items()
        if any(isinstance(each, Path | Query) for each in getattr(hint, "__metadata__", ()))
    }


def allowed(call: Call, function: Callable[..., Any]) -> bool:
    """Whether whoever asks may ask a route of /v1: what they may not is not shown."""
    rule = rule_of(function)
    return not rule.right or (call.caller is not None and may(call.caller, rule.right))
