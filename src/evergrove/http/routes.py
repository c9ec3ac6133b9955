"""Routes that ask who is acting, and what they may do, before anything of the request is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, cast

from fastapi import APIRouter
from fastapi.dependencies.utils import get_flat_params
from fastapi.exceptions import RequestValidationError
from fastapi.params import ParamTypes
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from evergrove.access import require, require_person
from evergrove.access.rights import right_named
from evergrove.http.acting import actor_by_head, actor_of, check_form, refuse_key_in_address
from evergrove.http.answers import ERROR_ANSWERS
from evergrove.http.calls import Call
from evergrove.http.forgery import SAFE, check_origin
from evergrove.http.limits import MOST_BYTES, check_json, check_length
from evergrove.http.published import tagged
from evergrove.http.repeating import once
from evergrove.http.slashes import give_slashes_back

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from starlette.requests import Request
    from starlette.responses import Response

    from evergrove.access import Actor
    from evergrove.app.service import Service

X_RIGHT, X_KNOWN, X_PUBLIC, X_PERSON = "x-right", "x-known", "x-public", "x-person"


@dataclass(frozen=True)
class Rule:
    """
    Who may use a route, and how it is counted.

    Attributes:
        right: Name of a right in ``access.RIGHTS``; empty where none is asked for.
        known: Why it is enough to be known, with whichever rights; empty where it is not.
        public: Why anybody may use it; empty where nobody may without saying who they are.
        bucket: Which of the service's buckets a request takes from: ``usual``, ``events``, or none.
        once: Whether an Idempotency-Key makes the act happen once.
        most_bytes: How long a body may be; 0: as the settings say.
        person: Whether the right is not enough, but somebody must have signed in: no key does it.
        resumed: Whether an act under an Idempotency-Key that broke off is begun anew: it takes several transactions,
            and changes nothing when it is done twice.
    """

    right: str
    known: str
    public: str
    bucket: str
    once: bool
    most_bytes: int
    person: bool
    resumed: bool


class GuardedRoute(APIRoute):
    """A route under a rule: the rule is kept before the body is read."""

    rule: ClassVar[Rule]

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """What answers: the rule first, then the handler."""
        handle, rule = super().get_route_handler(), self.rule
        known = _query_names(self)

        async def guarded(request: Request) -> Response:
            give_slashes_back(request.scope)
            if rule.most_bytes:
                setattr(request.state, MOST_BYTES, rule.most_bytes)
            call = request.state.call = await run_in_threadpool(let_in, request, rule)
            _refuse_unknown(request, known)
            check_length(request)
            await check_json(request)
            if rule.once:
                return await once(request, call, self.path_format, handle, is_resumed=rule.resumed)
            return tagged(request, await handle(request))

        return guarded


def _query_names(route: APIRoute) -> set[str]:
    """The parameters that a route's query string may have."""
    fields: list[Any] = get_flat_params(route.dependant)
    return {each.alias for each in fields if each.field_info.in_ == ParamTypes.query}


_RULES: dict[Callable[..., Any], Rule] = {}


def rule_of(function: Callable[..., Any]) -> Rule:
    """The rule of a handler: whoever calls it from elsewhere asks no less of whoever asks."""
    return _RULES[function]


def let_in(request: Request, rule: Rule, token: str | None = None) -> Call:
    """
    Who asks, let in by a rule.

    Args:
        request: Of which the head is read only.
        rule: Of the route.
        token: Of the log-in, where it has come in a form; None: it stands in the header, if anywhere.

    Raises:
        NotLetIn: Nobody says who they are, or not in a way that we believe.
        NotAllowed: Who asks may not do it, or a page of another site asks.
        TooManyAttempts: It is one too many.
    """
    return _let_in(request, rule, lambda service: actor_of(request, service, token))


def let_in_by_head(request: Request, rule: Rule) -> Call:
    """
    Who asks, let in as ``let_in`` does, before anything of a form is read; ``prove_form`` must follow.

    Raises:
        NotLetIn, NotAllowed, TooManyAttempts: As ``let_in``.
    """
    return _let_in(request, rule, lambda service: actor_by_head(request, service))


def prove_form(request: Request, token: str | None) -> None:
    """
    Let no form pass that does not carry the token of the log-in by which it was let in.

    Raises:
        NotAllowed: It carries none, or another one.
    """
    check_form(request, cast("Service", request.app.state.service), token)


def _let_in(request: Request, rule: Rule, who: Callable[[Service], Actor]) -> Call:
    service = cast("Service", request.app.state.service)
    if rule.public:
        refuse_key_in_address(request)
        check_origin(request, service.here.settings.access.base_url)
        return Call(service, None, request.state.request_id, request.state.language)
    actor = who(service)
    if rule.right:
        (require_person if rule.person else require)(actor, rule.right)
    service.take(rule.bucket, actor)
    return Call(service, actor, request.state.request_id, request.state.language)


def _refuse_unknown(request: Request, known: set[str]) -> None:
    """A filter that is misspelled must not answer as if there were none."""
    strange = [name for name in request.query_params if name not in known]
    if strange:
        raise RequestValidationError(
            [{"type": "extra_forbidden", "loc": ("query", name)} for name in strange]
        )


class Routes:
    """
    The routes of one resource.

    ``routes.get("/{id}", right="customers.read")`` registers a handler as FastAPI does, with its options; one of
    ``right``, ``known`` and ``public`` must be given. ``routes.router`` is what the application includes.
    """

    def __init__(self, prefix: str = "", *, tag: str) -> None:
        self.router = APIRouter(prefix=prefix, tags=[tag])

    def get(self, path: str, **options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Read something."""
        return self.add("GET", path, **options)

    def post(self, path: str, **options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Do something, or make something new."""
        return self.add("POST", path, **options)

    def put(self, path: str, **options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Have something be as it is sent."""
        return self.add("PUT", path, **options)

    def patch(self, path: str, **options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Change parts of something."""
        return self.add("PATCH", path, **options)

    def delete(self, path: str, **options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Have something be gone."""
        return self.add("DELETE", path, **options)

    def add(
        self,
        method: str,
        path: str,
        *,
        right: str = "",
        known: str = "",
        public: str = "",
        bucket: str = "usual",
        once: bool = True,
        most_bytes: int = 0,
        person: bool = False,
        resumed: bool = False,
        base: type[GuardedRoute] = GuardedRoute,
        **options: Any,
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """
        Register a handler.

        Args:
            method: GET, POST, PUT, PATCH or DELETE.
            path: Below the prefix, with parameters in braces.
            right: The right that it asks for.
            known: Why it asks for none, but for who asks.
            public: Why it asks for nothing.
            bucket: ``usual``, ``events``, or empty where requests are not counted.
            once: Whether an Idempotency-Key is heard; reading routes and public ones never hear it. Switch it
                off where the act is idempotent by itself, or sets cookies, which are not given again.
            most_bytes: How long a body may be; 0: as the settings say.
            person: Whether it asks for somebody who has signed in, beside the right: no key does it.
            resumed: Whether the act is begun anew where it broke off; for acts of several transactions.
            base: What answers, where a request needs something done before it is asked who asks.
            options: Of FastAPI: ``status_code``, ``responses``, ``response_model`` ...

        Raises:
            UnknownRight: No such right: a slip in code.
            ValueError: Neither a right nor a reason is named, or several: a slip in code.
        """
        if sum(map(bool, (right, known, public))) != 1:
            message = f"{method} {path}: name a right, or why there is none"
            raise ValueError(message)
        if right:
            right_named(right)
        is_once = once and not public and method not in SAFE
        rule = Rule(right, known, public, bucket, is_once, most_bytes, person, resumed)

        def register(function: Callable[..., Any]) -> Callable[..., Any]:
            _RULES[function] = rule
            self.router.add_api_route(
                path,
                function,
                methods=[method],
                route_class_override=type("Route", (base,), {"rule": rule}),
                **_described(rule, options),
            )
            return function

        return register


def _described(rule: Rule, options: dict[str, Any]) -> dict[str, Any]:
    """The options of a route with what OpenAPI says of its rule."""
    said: dict[str, Any] = {X_PUBLIC: rule.public, "security": []}
    if not rule.public:
        said = {X_RIGHT: rule.right} if rule.right else {X_KNOWN: rule.known}
    if rule.person:
        said |= {X_PERSON: True, "security": [{"login": []}]}
    return {
        **options,
        "openapi_extra": {**said, **options.get("openapi_extra", {})},
        "responses": {**ERROR_ANSWERS, **options.get("responses", {})},
    }
