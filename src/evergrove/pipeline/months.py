"""All measures of one month after the other, each from what was known then, and none counted twice."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from evergrove.core import Sentence, _
from evergrove.ingest import facts_noted
from evergrove.ingest.facts.tables import show_tables
from evergrove.measurement.targets import AFTER, BEFORE, Month, quarter_start, read_measures
from evergrove.measurement.targets.rows import kept_months
from evergrove.measurement.targets.rules import TOO_SLOW
from evergrove.measurement.targets.service import share_of_members
from evergrove.pipeline.last_night import persons_of
from evergrove.pipeline.left_out import UNPROFILED
from evergrove.pipeline.months_kept import Kept
from evergrove.pipeline.own_measures import Asking
from evergrove.pipeline.segmented import NAMED
from evergrove.pipeline.standings import Known, Looking, run_of, show_known
from evergrove.pipeline.types import NoOrdersYet
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from evergrove.ledger import Ledger
    from evergrove.measurement.targets import Reading, Target
    from evergrove.measurement.targets.types import Asked, Basis
    from evergrove.pipeline.types import Announce
    from evergrove.settings import Settings
    from evergrove.warehouse import Snapshot, Warehouse


def month_before(month: date, back: int) -> date:
    """The first day of the month so many months earlier."""
    year, nth = divmod(12 * month.year + month.month - 1 - back, 12)
    return date(year, nth + 1, 1)


def end_of(month: date) -> date:
    """The last day of a month."""
    return month_before(month, -1) - timedelta(days=1)


class Months:
    """Reads one month after the other."""

    def __init__(
        self,
        ledger: Ledger,
        warehouse: Warehouse,
        settings: Settings,
        announce: Announce,
        runs: Sequence[Snapshot],
        own: Sequence[Target],
        folder: Path | None,
    ) -> None:
        """
        Nothing is counted yet.

        Args:
            ledger: Of the workspace.
            warehouse: Of the workspace.
            settings: Rules of tiers and stages, for days that are looked back upon.
            announce: Called when a stage begins.
            runs: All that are kept, the oldest first.
            own: Targets of the shop beside the six.
            folder: Keeps what was counted; None: nothing is kept.

        Raises:
            NoOrdersYet: There are no facts.
        """
        seen = warehouse.newest()
        noted = facts_noted(seen)
        if noted.first_date is None:
            raise NoOrdersYet
        self.first_day = noted.first_date
        self.first_month = noted.first_date.replace(day=1)
        self._noted = noted
        self._ledger = ledger
        self._warehouse = warehouse
        self._settings = settings
        self._announce = announce
        self._runs = runs
        self._seen = seen
        self._looking = Looking(warehouse, seen, settings)
        self._own = {target.key: target.asked for target in own if target.asked is not None}
        conditions = {each for one in self._own.values() for each in (one.of, one.who)}
        self._asking = Asking(ledger, warehouse, seen, settings, conditions)
        self._kept = Kept(folder)

    def read(self, month: date) -> Month:
        """All measures of a month."""
        self._announce(_("Reading the months"))
        last = self._runs[-1].as_of
        assert last is not None  # noqa: S101 - runs have a day
        end = min(end_of(month), last)
        run = run_of(self._runs, end)
        if run is not None and run.as_of is not None and run.as_of < month:
            run = None  # of the week before: the month itself saw no run
        if run is None and (kept := self._let_go(month)) is not None:
            return kept
        if run is not None and run.as_of is not None:
            end = run.as_of
        known = self._known(run or self._runs[-1])
        readings = {**self._six(end, run, known), **self._owns(month, end, run, known)}
        basis: Basis = "looked_back" if run is None else "published"
        return Month(month, end, basis, readings, policy_of(known.run))

    def _let_go(self, month: date) -> Month | None:
        """A month whose runs are no longer kept, as a night has left it; None where there is none."""
        with self._ledger.reading() as connection:
            found = kept_months(connection, month, self._own, most=1)
        return found[0] if found and found[0].month == month else None

    def keep(self) -> None:
        """Let what was counted last beyond this reader."""
        self._kept.write()

    def _six(self, end: date, run: Snapshot | None, known: Known) -> dict[str, Reading]:
        start = quarter_start(end)
        before = run_of(self._runs, start)
        follows_from = {"what": "six", "day": end, **self._given(before, run, known)}
        found = self._kept.find(follows_from)
        if found is None:
            with open_engine() as engine:
                show_known(engine, self._warehouse, self._seen, self._settings, known)
                told = show_tables(engine, self._warehouse, self._seen, until_seq=known.tables_seq)
                self._looking.show(engine, before, start, known, BEFORE)
                self._looking.show(engine, run, end, known, AFTER)
                found = read_measures(engine, end, told, has_amounts=self._noted.has_amounts)
            self._kept.keep(follows_from, found)
        return found

    def _owns(self, month: date, end: date, run: Snapshot | None, known: Known) -> dict[str, Reading]:
        """The measures of the shop's own."""
        found: dict[str, Reading] = {}
        for key, asked in self._own.items():
            found |= self._own_reading(key, asked, (month, end), run, known)
        return found

    def _own_reading(
        self, key: str, asked: Asked, days: tuple[date, date], run: Snapshot | None, known: Known
    ) -> dict[str, Reading]:
        month, end = days
        before = month - timedelta(days=1)
        began = run_of(self._runs, before)
        texts, lasts = self._asking.texts_of((asked.of, asked.who))
        follows_from: dict[str, Any] = {"what": key, "day": end, "at": [asked.of_at, asked.who_at], **texts}
        follows_from |= {"month": month, **self._given(began, run, known)}
        found = self._kept.find(follows_from) if lasts else None
        if found is None:
            moments = {"start": (began, before), "end": (run, end)}
            who = self._asking.members(asked.who, *moments[asked.who_at], known)
            is_known = not isinstance(who, Sentence)  # why it is not is said without looking further
            of = self._asking.members(asked.of, *moments[asked.of_at], known) if is_known else who
            found = {key: share_of_members(key, days, of, who)}
            if lasts and found[key].reason != TOO_SLOW:
                self._kept.keep(follows_from, found)
        return found

    def _given(self, start: Snapshot | None, end: Snapshot | None, known: Known) -> dict[str, Any]:
        """All that readings of a month follow from, beside its days."""
        value, stages = asdict(self._settings.value), asdict(self._settings.stages)
        return {
            "start": None if start is None else _published(start),
            "end": None if end is None else _published(end),
            "known": _known_in(known.run),
            "settings": [value, stages, self._settings.workspace.rate_days],
            "facts": [self._noted.has_amounts, self._noted.currency],
        }

    def _known(self, run: Snapshot) -> Known:
        with self._ledger.reading() as connection:
            return Known(run, persons_of(connection, run))


def policy_of(run: Snapshot) -> dict[str, Any]:
    """By which rules a run judged its customers: name and version, and a sum that tells any two of them apart."""
    rules, adopted = _known_in(run)["rules"], run.details["placement"].get("policy")
    name, version = ("settings", None) if adopted is None else (adopted["name"], adopted["version"])
    told = sha256(json.dumps(rules, sort_keys=True, default=str).encode()).hexdigest()
    return {"name": name, "version": version, "sum": told[:12]}


def _known_in(run: Snapshot) -> dict[str, Any]:
    """The facts that a run knew, and its rules: by these a day is looked back upon."""
    details: Mapping[str, Any] = run.details
    rules = {name: details["placement"].get(name) for name in ("tiers", "stages", "currency", "policy")}
    return {
        "imports": [details["import_seq"], details.get("tables_seq", 0), details.get("identity_seq", 0)],
        "left_out": details["digests"].get(UNPROFILED),
        "rules": rules,
    }


def _published(run: Snapshot) -> dict[str, Any]:
    """What a run published, to the last bit, and what it knew."""
    digests = {name: said for name, said in run.details["digests"].items() if name in NAMED}
    return {"as_of": run.as_of, "digests": digests, **_known_in(run)}
