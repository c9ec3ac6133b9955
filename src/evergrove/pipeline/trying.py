"""
What a playbook would have done in the past: who would have got what, when, at what cost.

Each published night of a window is computed anew, and the playbook works in a ledger of its own that nothing is sent
from: the same code enrols, lets go and proposes as in a run. Guards are asked as they are today.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from evergrove.campaigns import due, playbook_of
from evergrove.campaigns.conditions import check_conditions
from evergrove.campaigns.library import rehearse
from evergrove.campaigns.service import store_due, store_taken
from evergrove.decisions import decide
from evergrove.ledger import create_all, open_ledger
from evergrove.pipeline.before_run import yesterday_in
from evergrove.pipeline.choosing import NOT_YET, Choosing, look
from evergrove.pipeline.last_night import persons_of
from evergrove.pipeline.replay import nights_again

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from evergrove.campaigns import Due, Playbook, Proposal
    from evergrove.core import Clock
    from evergrove.decisions import Decision
    from evergrove.ledger import Ledger
    from evergrove.pipeline.nights import Night
    from evergrove.pipeline.types import Announce
    from evergrove.settings import Settings
    from evergrove.warehouse import Engine, Snapshot, Warehouse

USUAL_DAYS = 28
"""Days that are looked at where nobody says how many."""
MOST_ROWS = 1000
"""Rows that are kept of who would have got what; figures count all of them."""
LEAVES = ("send", "control")


@dataclass(frozen=True)
class Row:
    """
    What would have become of one step of one customer.

    Attributes:
        day: On which it would have left.
        customer_id: Whose.
        step: Its number, from 0.
        template: What would have been written; empty where nothing is.
        outcome: As decisions say it: "send", "control", "blocked", "outranked", "skipped".
        reason: Code of why it would not have left; empty where it would.
        cost: Of the message and its coupon; 0 where nothing left.
    """

    day: date
    customer_id: str
    step: int
    template: str
    outcome: str
    reason: str
    cost: Decimal


@dataclass
class Tried:
    """
    What a playbook would have done.

    Attributes:
        playbook: In the version that was tried.
        since: The first day whose night was looked at.
        until: The last one.
        nights: How many nights were published in between.
        entered: Entries, by the Monday of their week.
        held: Who would have waited for somebody to release them, by cause.
        rows: Each step of each customer, once for each outcome.
        currency: Of costs.
    """

    playbook: Playbook
    since: date
    until: date
    nights: int = 0
    entered: Counter[date] = field(default_factory=Counter)
    held: Counter[str] = field(default_factory=Counter)
    rows: list[Row] = field(default_factory=list)
    currency: str = ""

    @property
    def people(self) -> int:
        """Customers whom it would have reached."""
        return len({row.customer_id for row in self.rows if row.outcome == "send"})

    @property
    def cost(self) -> Decimal:
        """Of all that would have left."""
        return sum((row.cost for row in self.rows), Decimal(0))

    def document(self) -> dict[str, Any]:
        """As it is kept."""
        weeks = sorted({*self.entered, *(_monday(row.day) for row in self.rows)})
        return {
            "since": self.since.isoformat(),
            "until": self.until.isoformat(),
            "nights": self.nights,
            "currency": self.currency,
            **self._figures(self.rows),
            "entered": self.entered.total(),
            "held": dict(sorted(self.held.items())),
            "weeks": [
                {
                    "week": week.isoformat(),
                    "entered": self.entered[week],
                    **self._figures([row for row in self.rows if _monday(row.day) == week]),
                }
                for week in weeks
            ],
            "rows": [_as_json(row) for row in self.rows[:MOST_ROWS]],
            "rows_in_all": len(self.rows),
        }

    def _figures(self, rows: Sequence[Row]) -> dict[str, Any]:
        blocked = Counter(row.reason for row in rows if row.outcome not in LEAVES)
        return {
            "people": len({row.customer_id for row in rows if row.outcome == "send"}),
            "messages": sum(row.outcome == "send" for row in rows),
            "controls": sum(row.outcome == "control" for row in rows),
            "cost": str(sum((row.cost for row in rows), Decimal(0))),
            "not_sent": dict(sorted(blocked.items())),
        }


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _as_json(row: Row) -> dict[str, Any]:
    return {
        "day": row.day.isoformat(),
        "customer_id": row.customer_id,
        "step": row.step,
        "template": row.template,
        "outcome": row.outcome,
        "reason": row.reason,
        "cost": str(row.cost),
    }


def try_playbook(
    ledger: Ledger,
    warehouse: Warehouse,
    settings: Settings,
    clock: Clock,
    document: Mapping[str, Any],
    announce: Announce,
    *,
    since: date | None = None,
    until: date | None = None,
) -> Tried:
    """
    What a playbook would have done on the nights that were published.

    Args:
        ledger: Of the workspace; only read.
        warehouse: Of the workspace.
        settings: Of the workspace, as they are today.
        clock: Guards are asked at its moment.
        document: Of the playbook, whether or not it is installed.
        announce: Called when a stage begins.
        since: The first day whose night is looked at; None: ``USUAL_DAYS`` before the last.
        until: The last one; None: the newest.

    Raises:
        InvalidPlaybook: It cannot be used.
        PlaybookLocked: It needs what no station gives yet.
    """
    one = playbook_of(document)
    with ledger.reading() as connection:
        check_conditions(connection, one)
    newest = warehouse.newest("run")
    last = (
        newest.as_of if newest is not None and newest.as_of else yesterday_in(settings.value.timezone, clock)
    )
    until = until or last
    tried = Tried(one, since or until - timedelta(days=USUAL_DAYS - 1), until)
    with TemporaryDirectory(prefix="evergrove-") as folder:
        scratch = open_ledger(Path(folder) / "trial.sqlite", create=True)
        try:
            create_all(scratch)
            with scratch.writing() as connection:
                rehearse(connection, document, clock.now())
            trial = _Trial(ledger, scratch, warehouse, settings, clock, tried)
            tried.nights = nights_again(
                ledger, warehouse, settings, announce, trial.watch, since=tried.since, until=until
            )
        finally:
            scratch.close()
    return tried


class _Trial:
    """A playbook at work in a ledger of its own, night after night."""

    def __init__(
        self,
        ledger: Ledger,
        scratch: Ledger,
        warehouse: Warehouse,
        settings: Settings,
        clock: Clock,
        tried: Tried,
    ) -> None:
        self._ledger, self._scratch, self._warehouse = ledger, scratch, warehouse
        self._settings, self._clock, self._tried = settings, clock, tried
        self._seen: set[tuple[str, str, int, str]] = set()

    def watch(self, engine: Engine, found: Night, run: Snapshot, before: Snapshot | None) -> None:
        """One night: who enters, who leaves, what is due, and what today's guards say of it."""
        with self._ledger.reading() as connection:
            persons = persons_of(connection, run)
            late = self._settings.workspace.late_days
            choosing = Choosing(self._warehouse, (self._tried.playbook,), before, persons, self._clock, late)
            seen = look(connection, engine, found, choosing)
        salt = self._settings.outreach.salt
        with self._scratch.writing() as scratch:
            to_do = due(scratch, seen.playbooks, seen.situation, seen.moves, found.as_of, salt)
            store_due(scratch, to_do, run.id, self._clock.now())
            decisions = self._decided(found, to_do)
            taken = [each for each in to_do.proposals if each.over or decisions[_name(each)][0] in LEAVES]
            store_taken(scratch, to_do, taken, (), run.id)
        self._note(found, to_do, decisions)

    def _decided(self, found: Night, to_do: Due) -> dict[tuple[str, str, int], tuple[str, Decision | None]]:
        """What becomes of each proposal were it made today: outcome and decision."""
        zone = found.settings.value.timezone or found.noted.timezone
        shift = yesterday_in(zone, self._clock) - found.as_of
        asked = [replace(each, due=each.due + shift, until=each.until + shift) for each in to_do.proposals]
        with self._ledger.reading() as connection:
            decided = decide(
                connection,
                asked,
                found.settings.outreach,
                shop_zone=zone,
                run_id=NOT_YET,
                as_of=found.as_of + shift,
                now=self._clock.now(),
            )
        said = {_name(each.proposal): each for each in decided.decisions}
        # What the night itself has decided already is not decided again: it left then.
        return {
            _name(each): (
                (said[_name(each)].outcome, said[_name(each)]) if _name(each) in said else ("send", None)
            )
            for each in to_do.proposals
        }

    def _note(
        self,
        found: Night,
        to_do: Due,
        decisions: Mapping[tuple[str, str, int], tuple[str, Decision | None]],
    ) -> None:
        tried = self._tried
        tried.currency = found.settings.value.currency
        tried.entered[_monday(found.as_of + timedelta(days=1))] += len(to_do.entered)
        tried.held.update(each.cause for each in to_do.held)
        for each in to_do.proposals:
            outcome, decision = decisions[_name(each)]
            reason = decision.reason.code if decision is not None and decision.reason is not None else ""
            reason = "" if outcome in LEAVES else reason
            once = (*_name(each), f"{outcome}/{reason}")
            if once in self._seen:
                continue
            self._seen.add(once)
            cost = _cost(each, decision) if outcome == "send" else Decimal(0)
            tried.rows.append(
                Row(each.due, each.customer_id, each.step, each.template, outcome, reason, cost)
            )


def _name(proposal: Proposal) -> tuple[str, str, int]:
    return proposal.customer_id, proposal.occasion, proposal.step


def _cost(proposal: Proposal, decision: Decision | None) -> Decimal:
    """Of the message and of the coupon, so far as they can be said."""
    contact = decision.cost if decision is not None else Decimal(0)
    return contact + (proposal.coupon_cost or Decimal(0))
