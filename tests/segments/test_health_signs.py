"""What is read of events, tickets, surveys and refunds, to the day on which each enters and leaves its window."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from evergrove.segments.health.tables import read_signs
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evergrove.warehouse import Engine

END, WINDOW = date(2026, 6, 30), 90
SCHEMA = """
create table customer_summary as select unnest(['A', 'B']) as customer_id;
create table events (customer_id varchar, happened_at timestamp, kind varchar);
create table tickets (customer_id varchar, opened_at timestamp, closed_at timestamp);
create table surveys (customer_id varchar, answered_at timestamp, kind varchar, score double);
create table refunds (customer_id varchar, refund_date date);
"""


@pytest.fixture
def told() -> Iterator[Engine]:
    """Two customers of whom nothing is told beside their orders."""
    with open_engine(threads=1) as engine:
        engine.run(SCHEMA)
        yield engine


def back(days: int, hour: int = 23) -> datetime:
    """An hour of the day that lies so many before the last."""
    return datetime(END.year, END.month, END.day, hour) - timedelta(days=days)  # noqa: DTZ001 - the shop's own


def tell(engine: Engine, table: str, *rows: tuple[Any, ...]) -> None:
    """Rows of customer A, who is not named in them."""
    for row in rows:
        named = {f"v{k}": value for k, value in enumerate(row)}
        values = ", ".join(f"${name}" for name in named)
        engine.run(f"insert into {table} values ('A', {values})", **named)


def signs(engine: Engine, *tables: str) -> dict[str, list[float]]:
    """Of both customers, by name."""
    found = read_signs(engine, END, WINDOW, tables)
    columns = {name: getattr(found, name) for name in found.__dataclass_fields__ if name != "beyond_orders"}
    return {name: np.asarray(values).tolist() for name, values in columns.items()}


def test_windows_of_events_are_half_open_and_end_with_the_last_day(told: Engine) -> None:
    """Ninety days and the ninety before, the last day among the former; what comes after it is not seen."""
    days = (-1, 0, 89, 90, 179, 180)
    tell(told, "events", *((back(day), "click") for day in days))

    found = signs(told, "events")

    assert found["interactions"] == [2.0, 0.0]
    assert found["interactions_before"] == [2.0, 0.0]
    assert np.isnan(found["login_silence"]).all()


def test_the_latest_visit_by_the_last_day_counts_and_is_no_interaction(told: Engine) -> None:
    """Early in the morning or late at night it is the same day."""
    tell(told, "events", (back(-1), "login"), (back(3, hour=0), "visit"), (back(8), "app"))

    found = signs(told, "events")

    assert found["login_silence"][0] == 3.0
    assert np.isnan(found["login_silence"][1])
    assert found["interactions"] == [0.0, 0.0]


def test_a_ticket_is_open_until_the_day_on_which_it_is_closed(told: Engine) -> None:
    """Closed after the last day is not closed yet; opened ninety days ago counts no more, but may still be open."""
    tell(
        told,
        "tickets",
        (back(-1), None),
        (back(0), back(-1)),
        (back(89), back(0)),
        (back(90), None),
    )

    found = signs(told, "tickets")

    assert found["complaints"] == [2.0, 0.0]
    assert found["open_complaints"] == [2.0, 0.0]
    assert np.isnan(signs(told)["complaints"]).all()  # where nobody ever told of any


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        (((0, "nps", 3), (1, "nps", 9)), 3.0),
        (((364, "nps", 9),), 9.0),
        (((365, "nps", 9),), np.nan),
        (((-1, "nps", 9), (5, "nps", 4)), 4.0),
        (((2, "csat", 5), (9, "nps", 7)), 7.0),
        (((4, "nps", 9), (4, "nps", 2)), 2.0),
    ],
    ids=["the latest", "a year", "over a year", "not yet seen", "of that kind", "of one moment the lower"],
)
def test_the_latest_answer_of_a_year_counts(
    told: Engine, answers: tuple[tuple[int, str, int], ...], expected: float
) -> None:
    """An answer to another question is none."""
    tell(told, "surveys", *((back(day), kind, score) for day, kind, score in answers))

    assert signs(told, "surveys")["nps"] == pytest.approx([expected, np.nan], nan_ok=True)


def test_refunds_of_a_year_are_counted_where_the_shop_refunds(told: Engine) -> None:
    """365 days that end with the last one; before the first refund of all nobody has a figure."""
    tell(told, "refunds", (back(-1).date(),))
    assert np.isnan(signs(told)["refunds_12m"]).all()

    tell(told, "refunds", *((back(day).date(),) for day in (0, 364, 365)))

    assert signs(told)["refunds_12m"] == [2.0, 0.0]
