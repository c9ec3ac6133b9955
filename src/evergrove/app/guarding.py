"""What people say of outreach as a whole: stop and go on, open matters, budgets; each act once, noted with who did it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from evergrove import audit
from evergrove.decisions.budgets import budgets, drop_budget, put_budget, reconcile, used
from evergrove.decisions.cases import cases_of, close_case, open_case, open_now
from evergrove.decisions.held_back import held_back
from evergrove.decisions.money import Budget, UnknownBudget
from evergrove.outbox.instance import instance_of
from evergrove.outbox.stopping import resume, stop, stopped

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from decimal import Decimal

    from sqlalchemy import Connection

    from evergrove.app.workspace import Workspace
    from evergrove.decisions.cases import Case, CaseKind
    from evergrove.decisions.held_back import HeldBack
    from evergrove.decisions.money import Used
    from evergrove.outbox import Instance, Stop

MOST_CASES = 1000


def stop_here(here: Workspace, scope: str, reason: str = "") -> tuple[Stop, ...]:
    """Let nothing of a scope leave from now on; everything that is stopped then."""
    with here.ledger.writing() as connection:
        if stop(connection, scope, here.by, reason, here.clock.now()):
            _note(connection, here, "outreach.stopped", ("outreach", scope))
        return stopped(connection)


def resume_here(here: Workspace, scope: str) -> tuple[Stop, ...]:
    """Let a scope go on; everything that is still stopped."""
    with here.ledger.writing() as connection:
        resume(connection, scope)
        _note(connection, here, "outreach.resumed", ("outreach", scope))
        return stopped(connection)


def outreach_state(here: Workspace) -> tuple[tuple[Stop, ...], Instance | None]:
    """Everything that is stopped, and which copy this is: a restored one may rest as a whole."""
    with here.ledger.reading() as connection:
        return stopped(connection), instance_of(connection)


def open_case_here(
    here: Workspace, customer_id: str, kind: CaseKind, ref: str = "", until: datetime | None = None
) -> Case:
    """Open a case with a customer: marketing waits while it is open."""
    now = here.clock.now()
    with here.ledger.writing() as connection:
        name = open_case(connection, customer_id, kind, here.by, now, ref=ref, until=until)
        _note(
            connection, here, "outreach.case_opened", ("customer", customer_id), {"kind": kind, "case": name}
        )
        return next(each for each in cases_of(connection, customer_id) if each.id == name)


def close_case_here(here: Workspace, case_id: str) -> Case:
    """Close a case; what waited for it is looked at again."""
    with here.ledger.writing() as connection:
        case = close_case(connection, case_id, here.by, here.clock.now())
        _note(connection, here, "outreach.case_closed", ("customer", case.customer_id), {"case": case_id})
        return case


def cases_here(here: Workspace, customer_id: str | None = None) -> tuple[Case, ...]:
    """Cases of a customer, closed ones too; None: those of everybody that hold marketing back now."""
    with here.ledger.reading() as connection:
        if customer_id is None:
            return open_now(connection, here.clock.now(), MOST_CASES)
        return cases_of(connection, customer_id)


def held_back_here(here: Workspace, days: int) -> tuple[HeldBack, ...]:
    """What has held messages back in the last days, by reason, in the order of the guards."""
    since = here.clock.now() - timedelta(days=days)
    first = since.astimezone(here.settings.value.zone).date()
    with here.ledger.reading() as connection:
        return held_back(connection, first, since)


def budgets_here(here: Workspace) -> tuple[Used, ...]:
    """Every budget and how much of it is used."""
    with here.ledger.reading() as connection:
        return used(connection, here.clock.now())


def put_budget_here(here: Workspace, scope: str, period: str, amount: Decimal) -> tuple[Used, ...]:
    """Set a budget in the workspace's currency and zone; how all stand then."""
    now, value = here.clock.now(), here.settings.value
    row = Budget(scope, period, amount, value.currency, value.timezone or "UTC", here.by, now)
    with here.ledger.writing() as connection:
        reconcile(connection, now)
        put_budget(connection, row, now)
        told = {"period": period, "amount": str(amount)}
        _note(connection, here, "outreach.budget_set", ("outreach", scope), told)
        return used(connection, now)


def drop_budget_here(here: Workspace, scope: str, period: str) -> None:
    """
    Take a budget away.

    Raises:
        UnknownBudget: There is none.
    """
    with here.ledger.writing() as connection:
        if not drop_budget(connection, scope, period, here.clock.now()):
            known = ", ".join(f"{each.scope} ({each.period})" for each in budgets(connection))
            raise UnknownBudget(scope=scope, period=period, known=known or "-")
        _note(connection, here, "outreach.budget_dropped", ("outreach", scope), {"period": period})


def _note(
    connection: Connection,
    here: Workspace,
    act: str,
    what: tuple[str, str],
    params: Mapping[str, Any] | None = None,
) -> None:
    audit.note(connection, act, here.by, audit.subject(*what), params, at=here.clock.now())
