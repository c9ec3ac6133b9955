"""Some customers as playbooks look at them between two runs: as the newest run shows them, or as they stand since."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from evergrove.campaigns.conditions import known_words
from evergrove.campaigns.types import Situation
from evergrove.pipeline.nights import HEALTH, SCORES, TIERS
from evergrove.pipeline.segment_asking import find
from evergrove.segments.language.parsing import parse
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from evergrove.campaigns import Playbook
    from evergrove.core import Clock
    from evergrove.ledger import Ledger
    from evergrove.pipeline.moved_since import News
    from evergrove.settings import Settings
    from evergrove.warehouse import Engine, Snapshot, Warehouse

    Columns = dict[str, Any]

LIMIT_S = 60.0
FIRST_GAP = "first_gap_days"
"""Among a run's details: the median of the shop's first gaps."""


class Parts(Protocol):
    """What of a workspace is used."""

    @property
    def ledger(self) -> Ledger: ...  # noqa: D102 - as in a workspace
    @property
    def warehouse(self) -> Warehouse: ...  # noqa: D102
    @property
    def settings(self) -> Settings: ...  # noqa: D102
    @property
    def clock(self) -> Clock: ...  # noqa: D102


_COLUMNS: Mapping[str, str] = {
    "orders": "coalesce(cast(s.orders as bigint), 0)",
    "last_order_date": "s.last_order_date - date '1970-01-01'",
    "first_order_date": "s.first_order_date - date '1970-01-01'",
    "next_order_p25": "s.next_order_p25 - date '1970-01-01'",
    "next_order_date": "s.next_order_date - date '1970-01-01'",
    "next_order_p75": "s.next_order_p75 - date '1970-01-01'",
    "historic_value": "cast(s.historic_value as double)",
    "monetary_value": "cast(s.monetary_value as double)",
    "tier": "coalesce(t.tier, '')",
    "stage": "coalesce(t.stage, '')",
}
_EMPTY: Mapping[str, Any] = {"orders": 0, "tier": "", "stage": ""}
"""Of a customer of whom it is not known; nothing where it is not named."""


def situation_now(
    connection: Connection,
    parts: Parts,
    run: Snapshot,
    people: Sequence[str],
    playbooks: Sequence[Playbook],
    news: News,
) -> Situation:
    """
    Some people as they stand now; those of whom neither the run nor anything since knows are not among them.

    Args:
        connection: Of any block.
        parts: Of the workspace.
        run: The newest.
        people: Who.
        playbooks: Those that look at them: only what they name is looked up.
        news: What has happened since the run.
    """
    with open_engine(threads=1) as engine:
        rows = _published(engine, parts, run, people)
    for name, told in news.standing(connection, people).items():
        here = rows.setdefault(name, dict(_EMPTY))
        here.update({column: _plain(told[column]) for column in _COLUMNS if told.get(column) is not None})
    names = sorted(rows)
    ids = np.array(names, dtype=object)

    def column(name: str) -> list[Any]:
        return [rows[each].get(name) for each in names]

    return Situation(
        customer_id=ids,
        tier=np.array(column("tier"), dtype=object),
        stage=np.array(column("stage"), dtype=object),
        orders=np.array(column("orders"), dtype=np.int64),
        last_order=_days(column("last_order_date")),
        next_order_p25=_days(column("next_order_p25")),
        next_order_p50=_days(column("next_order_date")),
        next_order_p75=_days(column("next_order_p75")),
        p_purchase_7d=np.full(len(ids), np.nan),
        average_order=_numbers(column("monetary_value")),
        first_gap_p50_days=float(run.details.get(FIRST_GAP, "nan")),
        first_order=_days(column("first_order_date")),
        spend=_numbers(column("historic_value")),
        health=_numbers(column("health")),
        holding=_holding(connection, parts, run, ids, playbooks),
        latest_event={
            name: np.full(len(ids), np.datetime64("NaT", "D")) for each in playbooks for name in each.events
        },
    )


def _published(engine: Engine, parts: Parts, run: Snapshot, people: Sequence[str]) -> dict[str, Columns]:
    """What the run published of some people, by customer; days as numbers."""
    parts.warehouse.show(engine, run, SCORES)
    parts.warehouse.show(engine, run, TIERS)
    has_health = parts.warehouse.show(engine, run, HEALTH)
    health = "cast(h.health as double)" if has_health else "cast(null as double)"
    joined = f"left join {HEALTH} h on h.customer_id = s.customer_id" if has_health else ""
    listed = ", ".join(f"{sql} as {name}" for name, sql in _COLUMNS.items())
    names = ("customer_id", *_COLUMNS, "health")
    found = engine.run(
        f"select s.customer_id, {listed}, {health} as health from {SCORES} s"
        f" left join {TIERS} t on t.customer_id = s.customer_id {joined}"
        " where s.customer_id in (select unnest($people))",
        people=list(people),
    )
    rows = [dict(zip(names, row, strict=True)) for row in found]
    return {str(row.pop("customer_id")): row for row in rows}


def _plain(value: Any) -> Any:
    return (value - date(1970, 1, 1)).days if isinstance(value, date) else value


def _days(numbers: Sequence[int | None]) -> Any:
    return np.array(
        [np.datetime64("NaT", "D") if each is None else np.datetime64(each, "D") for each in numbers],
        dtype="datetime64[D]",
    )


def _numbers(values: Sequence[Any]) -> Any:
    return np.array([np.nan if each is None else float(each) for each in values], dtype=np.float64)


def _holding(
    connection: Connection, parts: Parts, run: Snapshot, ids: Any, playbooks: Sequence[Playbook]
) -> dict[str, Any]:
    """Of whom conditions are true, as the run published them."""
    texts = dict.fromkeys(text for each in playbooks for text in each.conditions)
    words = known_words(connection)
    holding = {}
    for text in texts:
        members = find(parts, parse(text, words), LIMIT_S, run=run).members["customer_id"].to_pylist()
        holding[text] = np.isin(ids.astype(str), np.array(members, dtype=str))
    return holding
