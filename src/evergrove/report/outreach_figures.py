"""What was done and what it earned, as figures: read from the tables of a night and from the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from evergrove.campaigns import installed
from evergrove.campaigns.words import REASON_WORDS as CAMPAIGN_REASONS
from evergrove.core import _
from evergrove.decisions.words import COUNTED as DECISIONS_COUNTED
from evergrove.decisions.words import REASON_WORDS as DECISION_REASONS
from evergrove.delivery import REASONS as DELIVERY_REASONS
from evergrove.measurement.types import PROGRAMME
from evergrove.outbox import OUTBOX
from evergrove.outbox.types import TOO_LATE
from evergrove.people.reasons import REASONS as PEOPLE_REASONS
from evergrove.report.health_block import health_figures
from evergrove.warehouse import statement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from sqlalchemy import Connection

    from evergrove.measurement import Measured
    from evergrove.report.types import Figures
    from evergrove.warehouse import Engine

FORMAT = "evergrove.outreach/1"
PACKAGE = "evergrove.report"
OUTBOX_REASONS = {TOO_LATE: _("Its time was over before it could leave.")}
REASONS = {
    code: words
    for code, words in {
        **OUTBOX_REASONS,
        **PEOPLE_REASONS,
        **DELIVERY_REASONS,
        **CAMPAIGN_REASONS,
        **DECISION_REASONS,
        **DECISIONS_COUNTED,
    }.items()
    if "{" not in words  # many messages share one row here, and each would fill the fields in its own way
}


def outreach_figures(
    engine: Engine,
    connection: Connection,
    measured: Sequence[Measured],
    as_of: date,
    true_effects: Mapping[str, float] | None = None,
    board: Figures | None = None,
    tier_names: Mapping[str, Mapping[str, str]] | None = None,
) -> Figures:
    """
    The section ``outreach`` of the figures: ``write_report(figures | {"outreach": ...})`` shows it.

    Args:
        engine: Shows the published tables ``tiers`` and ``transitions``, and ``health`` where there is one.
        connection: Of the ledger, any block.
        measured: As ``measurement.measure`` gives it.
        as_of: Of the tables.
        true_effects: Per treated customer by playbook, over the days measured, where a simulation knows them; all
            playbooks together under ``PROGRAMME``.
        board: The targets board as ``Board.as_json`` gives it; None: the page shows none.
        tier_names: By language, what a policy's own tiers are called that play as the usual ones.
    """
    truths = true_effects or {}
    first = engine.value("select min(as_of) from transitions")
    return {
        "format": FORMAT,
        "as_of": as_of.isoformat(),
        "first_day": None if first is None else first.isoformat(),
        "playbooks": _playbooks(connection),
        "measured": [result.as_json() | {"true_effect": truths.get(result.playbook)} for result in measured],
        "sends": _sends(connection),
        "flows": {axis: _flows(engine, axis) for axis in ("tier", "stage")},
        "health": health_figures(engine),
        **({} if board is None else {"targets": board}),
        **({"tier_names": tier_names} if tier_names and any(tier_names.values()) else {}),
    }


def _playbooks(connection: Connection) -> dict[str, dict[str, str]]:
    """Names and states of the workspace's playbooks."""
    found = {
        each.playbook.key: {"name": each.playbook.name, "state": each.state} for each in installed(connection)
    }
    return found | {PROGRAMME: {"name": "", "state": ""}}


def _sends(connection: Connection) -> list[dict[str, Any]]:
    """Messages by playbook, arm, state and reason, with the reason's words as marked for translation."""
    columns = (OUTBOX.c.playbook, OUTBOX.c.arm, OUTBOX.c.state, OUTBOX.c.reason)
    query = select(*columns, func.count().label("messages")).group_by(*columns).order_by(*columns)
    return [
        dict(row) | {"words": REASONS.get(row["reason"] or "", "")}
        for row in connection.execute(query).mappings()
    ]


def _flows(engine: Engine, axis: str) -> list[dict[str, Any]]:
    """Customers by where they stood in the first night and where they stand now; None: nowhere."""
    rows = engine.run(statement(PACKAGE, "flows_so_far"), axis=axis)
    return [{"from": before, "to": after, "customers": customers} for before, after, customers in rows]
