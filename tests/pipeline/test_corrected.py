"""What corrects our picture of a customer moves him with a cause of its own, and starts nothing."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from evergrove.app import imports
from evergrove.core import SetClock
from evergrove.decisions import decision
from evergrove.ingest import ReadOptions, facts_noted
from evergrove.people import record_consent
from evergrove.segments.codes import CAUSES, TRIGGERING, Cause
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.app import Workspace

NIGHT = datetime(2026, 7, 2, 2, tzinfo=ZoneInfo("Asia/Shanghai"))
TODAY, LONG_AGO = date(2026, 7, 1), date(2026, 3, 20)
RATES = "date,from_currency,to_currency,rate\n{day},{currency},{own},{rate}\n"

on_sqlite = pytest.mark.parametrize("begun_workspace", ["sqlite"], indirect=True)


def moves(shop: Workspace) -> dict[tuple[str, str], tuple[str, str, str]]:
    """Customer and axis to from, to and cause, of the newest night."""
    with open_engine(threads=1) as engine:
        run = shop.warehouse.newest("run")
        assert run is not None
        shop.warehouse.show(engine, run, "transitions", "moved")
        rows = engine.run(
            "select customer_id, axis, coalesce(from_, ''), to_, cause from moved where run_seq = $n",
            n=run.details["run_seq"],
        )
    return {(customer, axis): (before, after, cause) for customer, axis, before, after, cause in rows}


def asked(shop: Workspace) -> set[str]:
    """About whom any playbook has ever proposed anything."""
    with shop.ledger.reading() as connection:
        return set(connection.execute(select(decision.c.customer_id)).scalars())


def next_night(shop: Workspace, days: int = 1) -> None:
    """Days go by, and the night of the last is computed."""
    assert isinstance(shop.clock, SetClock)
    shop.clock.moment += timedelta(days=days)
    shop.run()


@pytest.fixture
def shop(begun: Workspace) -> Workspace:
    """The shop on the morning after the first of July."""
    assert isinstance(begun.clock, SetClock)
    begun.clock.moment = NIGHT
    return begun


def tell(shop: Workspace, tmp_path: Path, text: str, table: str) -> None:
    """Bring a text in as a file."""
    path = tmp_path / f"{table}-{len(list(tmp_path.iterdir()))}.csv"
    path.write_text(text, encoding="utf-8")
    if table == "orders":
        shop.ingest([path], ReadOptions())
    else:
        imports.add_table(shop, path, table, ReadOptions())


def rates(shop: Workspace, tmp_path: Path, day: date, currency: str, rate: str) -> None:
    """Bring in one rate."""
    own = facts_noted(shop.warehouse.newest()).currency
    tell(shop, tmp_path, RATES.format(day=day, currency=currency, own=own, rate=rate), "rates")


def test_only_evidence_and_the_clock_start_outreach() -> None:
    """All other causes are our own doing, or better knowledge."""
    assert {Cause[name.upper()] for name in CAUSES} - set(TRIGGERING) == {
        Cause.INITIAL,
        Cause.BACKFILL,
        Cause.POLICY,
        Cause.MODEL,
        Cause.IDENTITY,
        Cause.CONSENT,
        Cause.RATES,
    }


@pytest.mark.slow
@on_sqlite
def test_a_rate_that_comes_late_starts_nothing(shop: Workspace, tmp_path: Path) -> None:
    """
    Orders that waited make buyers of customers in the night after their rate came, and nobody writes to them.

    One would be asked why he drifts away, one would be welcomed. A neighbour whose order needed no rate is welcomed.
    """
    rates(shop, tmp_path, TODAY, "JPY", "0.05")
    tell(
        shop,
        tmp_path,
        "order_id,customer_id,order_date,amount,currency\n"
        f"F1,drifting,{LONG_AGO},10,USD\nF2,fresh,{TODAY},10,USD\nF3,plain,{TODAY},1000,JPY\n",
        "orders",
    )
    shop.run()
    assert moves(shop)["plain", "stage"] == ("", "new", "evidence")
    assert {"drifting", "fresh"}.isdisjoint(asked(shop))
    rates(shop, tmp_path, LONG_AGO, "USD", "7")
    rates(shop, tmp_path, TODAY, "USD", "7")
    next_night(shop)

    found = moves(shop)
    assert found["drifting", "stage"][1:] == ("decline", "rates")
    assert found["fresh", "stage"][1:] == ("new", "rates")
    assert {
        cause for (customer, _axis), (_, _, cause) in found.items() if customer in {"drifting", "fresh"}
    } == {"rates"}
    assert asked(shop) & {"drifting", "fresh", "plain"} == {"plain"}
    assert all(shop.replay(day).is_equal for day in (TODAY, TODAY + timedelta(days=1)))


@pytest.mark.slow
@pytest.mark.long
@on_sqlite
def test_a_corrected_rate_is_nobodys_doing(shop: Workspace, tmp_path: Path) -> None:
    """A tenfold rate lifts who bought at it into another tier; the fall that its correction begins keeps the cause."""
    rates(shop, tmp_path, TODAY, "USD", "7")
    orders = "".join(f"F{n},abroad,{TODAY - timedelta(days=n)},20,USD\n" for n in range(3))
    rates(shop, tmp_path, TODAY - timedelta(days=3), "USD", "7")
    tell(shop, tmp_path, f"order_id,customer_id,order_date,amount,currency\n{orders}", "orders")
    shop.run()
    _, tier, _ = moves(shop)["abroad", "tier"]
    rates(shop, tmp_path, TODAY - timedelta(days=3), "USD", "70")
    rates(shop, tmp_path, TODAY, "USD", "70")
    next_night(shop)
    lifted = moves(shop)["abroad", "tier"]
    assert lifted[0] == tier != lifted[1]
    assert lifted[2] == "rates"
    rates(shop, tmp_path, TODAY - timedelta(days=3), "USD", "7.01")
    rates(shop, tmp_path, TODAY, "USD", "7.01")
    next_night(shop)
    assert ("abroad", "tier") not in moves(shop)  # a fall waits for a second check, and for the dwell's end
    for _month in range(5):  # however long the policy holds a tier that rose
        next_night(shop, days=31)
        if fallen := moves(shop).get(("abroad", "tier")):
            break
    assert fallen is not None
    assert (fallen[0], fallen[2]) == (lifted[1], "rates")  # to the highest tier that its models still expect


@pytest.mark.slow
@on_sqlite
def test_who_may_be_valued_again_is_not_greeted_for_it(shop: Workspace) -> None:
    """Profiling off, a night, on, a night: where the customer stands is no news of his, and the clock's neither."""
    drifting = next(
        customer
        for (customer, axis), (_, after, _) in moves(shop).items()
        if (axis, after) == ("stage", "decline")
    )
    said = shop.clock.now()
    with shop.ledger.writing() as connection:
        record_consent(connection, drifting, "revoked", "form", said, "any", "profiling")
    shop.run()
    assert asked(shop).isdisjoint({drifting})
    with shop.ledger.writing() as connection:
        record_consent(connection, drifting, "granted", "form", said + timedelta(hours=1), "any", "profiling")
    next_night(shop)

    own = {key: move for key, move in moves(shop).items() if key[0] == drifting}
    assert {(before, cause) for before, _after, cause in own.values()} == {("", "consent")}
    assert own[drifting, "stage"][1] == "decline"
    assert asked(shop).isdisjoint({drifting})
    assert all(shop.replay(day).is_equal for day in (TODAY, TODAY + timedelta(days=1)))
