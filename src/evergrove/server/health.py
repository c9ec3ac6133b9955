"""``/health``: whether the process answers. ``/ready``: whether it could answer anything else."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Literal, cast

from pydantic import Field
from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time
from starlette.responses import JSONResponse, Response

from evergrove.core import EvergroveError
from evergrove.http import Answer, Routes
from evergrove.ledger import check_schema

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.app import Workspace
    from evergrove.app.service import Service

routes = Routes(tag="operation")

KEPT_S = 1.0
"""Anybody may ask, and as often as they like: the workspace is looked at once a second at most."""
WHY = "Whoever watches over the service holds no key."


class Health(Answer):
    """The process answers."""

    status: Literal["alive"] = "alive"


class Check(Answer):
    """One thing without which nothing can be answered."""

    name: Literal["ledger", "schema", "snapshot"]
    ok: bool
    code: str | None = Field(default=None, description="Why not; docs/reference/codes.md lists them.")


class Readiness(Answer):
    """Whether requests can be answered."""

    status: Literal["ready", "not_ready"]
    checks: list[Check]


@routes.get("/health", public=WHY)
async def health() -> Health:
    """Whether the process answers at all; asks nothing of ledger, files or threads."""
    return Health()


@routes.get(
    "/ready",
    public=WHY,
    response_model=Readiness,
    responses={503: {"model": Readiness, "description": "Not ready."}},
)
def ready(request: Request) -> Response:
    """Whether the ledger answers, has this version's schema, and the newest snapshot's files are there."""
    state = request.app.state
    told: tuple[float, Readiness] | None = getattr(state, "readiness", None)
    if told is None or monotonic() - told[0] >= KEPT_S:
        told = monotonic(), looked_at(cast("Service", state.service).here)
        state.readiness = told
    return JSONResponse(told[1].model_dump(), 200 if told[1].status == "ready" else 503)


def looked_at(here: Workspace) -> Readiness:
    """The workspace at this moment; where the ledger fails, the others are not asked."""
    checks = []
    for name, look in _LOOKS.items():
        code = _code(look, here)
        checks.append(Check(name=name, ok=code is None, code=code))
        if code is not None:
            break
    return Readiness(status="ready" if all(each.ok for each in checks) else "not_ready", checks=checks)


def _code(look: Callable[[Workspace], str | None], here: Workspace) -> str | None:
    try:
        return look(here)
    except EvergroveError as error:
        return error.code


def _ledger(here: Workspace) -> str | None:
    with here.ledger.reading() as connection:
        connection.exec_driver_sql("select 1")
    return None


def _schema(here: Workspace) -> str | None:
    check_schema(here.ledger)
    return None


def _snapshot(here: Workspace) -> str | None:
    """Files that are there and have their length: their content is doctor's to verify."""
    newest = here.warehouse.newest()
    problems = [] if newest is None else here.warehouse.verify(newest)
    return problems[0].code if problems else None


_LOOKS: dict[Literal["ledger", "schema", "snapshot"], Callable[[Workspace], str | None]] = {
    "ledger": _ledger,
    "schema": _schema,
    "snapshot": _snapshot,
}
