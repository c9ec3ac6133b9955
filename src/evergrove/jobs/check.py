"""What can never be true of a row of jobs; each finding says what it means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, func, not_, or_, select

from evergrove.core import EvergroveWarning, _
from evergrove.jobs.tables import JOB
from evergrove.jobs.types import OPEN

if TYPE_CHECKING:
    from sqlalchemy import Connection


class JobsProblem(EvergroveWarning):
    """Rows of jobs break one of their rules."""

    code = "jobs.problem"


class EndedWrongly(JobsProblem):
    """An ended job without its moment, or an open one with one."""

    code = "jobs.ended_wrongly"
    message = _("{count} {count:job has|jobs have} an end that does not fit the state (first: {example}).")
    hint = _("Somebody changed the ledger by hand, or a newer version wrote it.")


class GivenUp(JobsProblem):
    """Jobs wait for a person."""

    code = "jobs.given_up"
    message = _(
        "{count} {count:job was|jobs were} given up and {count:waits|wait} for you (first: {example})."
    )
    hint = _("evergrove jobs show {example} says why; evergrove jobs retry {example} runs it again.")


_row = JOB.c
RULES = (
    (
        EndedWrongly,
        or_(
            _row.state.in_(OPEN) != _row.settled_at.is_(None),
            and_(not_(_row.state.in_(OPEN)), _row.open_key.is_not(None)),
        ),
    ),
    (GivenUp, _row.state == "dead"),
)


def check_jobs(connection: Connection) -> list[JobsProblem]:
    """Every rule that rows of jobs break, with their number and an example; empty when all is well."""
    found: list[JobsProblem] = []
    for problem, condition in RULES:
        count, example = connection.execute(select(func.count(), func.min(_row.id)).where(condition)).one()
        if count:
            found.append(problem(count=count, example=example))
    return found
