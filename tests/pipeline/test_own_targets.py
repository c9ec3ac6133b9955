"""A shop's own targets, by conditions: as runs published it, and looked back upon; counted by hand beside."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from evergrove.app import open_workspace
from evergrove.ingest import show_facts
from evergrove.segments.language.parsing import parse
from evergrove.segments.language.store import define
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.app import Workspace

TARGETS = """format = "evergrove.own_targets/1"
[bought]
denominator = "customer_id is not unknown and orders > 0"
denominator_at = "start"
numerator = "orders_within(30) > 0"
at_least = 0.1
name = "Bought in the 30 days"
[high_still]
denominator = "in_segment('best')"
numerator = "not in_segment('best')"
numerator_at = "start"
at_most = 0.5
name = "New in the high tier"
[agreed]
denominator = "orders > 0"
numerator = "consent('marketing', 'email') = 'granted'"
at_least = 0.1
name = "May be written to"
"""
JUNE, END = date(2026, 6, 1), date(2026, 6, 30)


@pytest.fixture
def here(begun_folder: Path) -> Any:
    """A workspace with targets and a segment of its own."""
    (begun_folder / "targets.toml").write_text(TARGETS, encoding="utf-8")
    with open_workspace(begun_folder) as opened:
        with opened.ledger.writing() as connection:
            define(connection, "best", parse("tier = 'high'"), opened.clock.now())
        yield opened


def figures(here: Workspace, month: date) -> dict[str, Any]:
    """The targets of a month by key."""
    board = here.targets(month, past=0).as_json()
    return {each["key"]: each for each in board["targets"]} | {"basis": board["basis"]}


def buyers(here: Workspace, since: date, until: date, known_by: date) -> tuple[int, int]:
    """How many had paid by a day for what they kept, and how many of them ordered in a time; from the orders."""
    with open_engine(threads=1) as engine:
        show_facts(engine, here.warehouse, here.warehouse.newest())
        query = (
            "with gone as (select order_id, sum(amount) as amount from refunds where refund_date <= $known_by"
            " group by order_id),"
            " first as (select customer_id, min(order_date) as day from orders o left join gone g using (order_id)"
            " where o.amount > coalesce(g.amount, 0) group by customer_id)"
            " select count(*), count(*) filter (where exists (select 1 from orders o where"
            " o.customer_id = f.customer_id and o.order_date > $since and o.order_date <= $until))"
            " from first f where f.day <= $known_by"
        )
        ((all_, bought),) = engine.run(query, since=since, until=until, known_by=known_by)
    return int(all_), int(bought)


@pytest.mark.slow
def test_a_published_month_is_read_from_its_run_and_the_start_looked_back_upon(here: Workspace) -> None:
    """June ends with a run; its beginning had none. Denominators are counted from the orders beside."""
    found = figures(here, JUNE)
    assert found["basis"] == "published"
    all_, bought = buyers(here, END - timedelta(days=30), END, JUNE - timedelta(days=1))
    assert found["bought"]["customers"] == all_
    assert found["bought"]["value"] == pytest.approx(bought / all_, rel=1e-12)
    newest = here.warehouse.newest("run")
    assert newest is not None
    with open_engine(threads=1) as engine:
        here.warehouse.show(engine, newest, "tiers")
        high = int(engine.value("select count(*) from tiers where tier = 'high'"))
    assert found["high_still"]["customers"] == high
    assert found["agreed"]["method"] == "wilson"


@pytest.mark.slow
def test_a_month_before_the_first_run_is_looked_back_upon_without_consent(here: Workspace) -> None:
    """Orders after it are not seen; and nobody can say who had agreed then."""
    found = figures(here, date(2026, 2, 1))
    end = date(2026, 2, 28)
    assert found["basis"] == "looked_back"
    all_, bought = buyers(here, end - timedelta(days=30), end, date(2026, 1, 31))
    assert (found["bought"]["customers"], found["bought"]["value"]) == (all_, pytest.approx(bought / all_))
    assert found["agreed"]["reason"] == "measurement.no_consent_then"
    assert found["agreed"]["verdict"] == "unknown"
