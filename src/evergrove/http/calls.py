"""What a handler knows of the request it answers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, cast

from fastapi import Depends
from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time

from evergrove.access.errors import SignInNeeded
from evergrove.access.trail import named
from evergrove.warehouse import Warehouse

if TYPE_CHECKING:
    from evergrove.access import Actor
    from evergrove.app import Workspace
    from evergrove.app.service import Service
    from evergrove.http.once import Claim
    from evergrove.text import Language

NOBODY = "nobody"


@dataclass(frozen=True)
class Call:
    """
    A request on its way to a verb.

    Attributes:
        service: What this process holds.
        caller: Whoever asks; None on public routes.
        id: Of the request, as the header X-Request-Id has it.
        language: Of the answer.
        claim: Where the request has an Idempotency-Key: proves in each writing transaction that the act is still its.
    """

    service: Service
    caller: Actor | None
    id: str
    language: Language
    claim: Claim | None = None

    @property
    def actor(self) -> Actor:
        """
        Whoever asks, on a route that asks for a right.

        Raises:
            SignInNeeded: The route is public: nobody was asked who they are.
        """
        if self.caller is None:
            raise SignInNeeded
        return self.caller

    @property
    def by(self) -> str:
        """Who asks, as the audit trail names them."""
        return NOBODY if self.caller is None else named(self.caller)

    @cached_property
    def here(self) -> Workspace:
        """
        The workspace, in which whatever is done is done by whoever asks, and once.

        Handlers act on this one and not on ``service.here``, or an Idempotency-Key protects nothing.
        """
        here = replace(self.service.here, by=self.by)
        if self.claim is None:
            return here
        ledger = here.ledger.fenced(self.claim.prove)
        return replace(
            here, ledger=ledger, warehouse=Warehouse(here.folder / "warehouse", ledger, here.clock)
        )


def _of(request: Request) -> Call:
    return cast("Call", request.state.call)


ThisCall = Annotated[Call, Depends(_of)]
"""A parameter of a handler: ``def customers(call: ThisCall) -> Page[Customer]``."""
