"""The figures of what was done, from the tables of a night and the ledger, counted by hand."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

import evergrove.outbox.tables  # noqa: F401 - their tables are in the ledger
from evergrove.campaigns import install_playbooks, start_playbook
from evergrove.measurement import PROGRAMME, Measured
from evergrove.outbox import Message, enqueue
from evergrove.report.outreach_figures import outreach_figures
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evergrove.ledger import Ledger
    from evergrove.warehouse import Engine

NOW = datetime(2026, 6, 2, 10, tzinfo=UTC)
FIRST, LAST = date(2026, 6, 1), date(2026, 6, 9)


@pytest.fixture
def engine() -> Iterator[Engine]:
    """Two nights of five customers: a rises, b falls into decline, c stays without a tier, d and e come later."""
    states = [
        ("a", "high", "growth"),
        ("b", "low", "decline"),
        ("c", None, "new"),
        ("d", "low", "new"),
        ("e", "medium", "growth"),
    ]
    moves = [
        ("a", "tier", "low", "initial", FIRST),
        ("a", "stage", "new", "initial", FIRST),
        ("b", "tier", "low", "initial", FIRST),
        ("b", "stage", "growth", "initial", FIRST),
        ("c", "stage", "new", "initial", FIRST),
        ("a", "tier", "high", "evidence", LAST),
        ("a", "stage", "growth", "evidence", LAST),
        ("b", "stage", "decline", "clock", LAST),
        ("d", "tier", "low", "evidence", LAST),
        ("d", "stage", "new", "evidence", LAST),
        ("e", "tier", "medium", "evidence", LAST),
        ("e", "stage", "growth", "evidence", LAST),
    ]
    with open_engine(threads=1) as opened:
        opened.create(
            "tiers",
            "select unnest($id) as customer_id, unnest($tier) as tier, unnest($stage) as stage",
            **{name: [row[k] for row in states] for k, name in enumerate(("id", "tier", "stage"))},
        )
        opened.create(
            "transitions",
            "select unnest($id) as customer_id, unnest($axis) as axis, unnest($to) as to_, unnest($cause) as cause, "
            "unnest($day) as as_of",
            **{
                name: [row[k] for row in moves] for k, name in enumerate(("id", "axis", "to", "cause", "day"))
            },
        )
        yield opened


def message(customer: str, arm: str) -> Message:
    """The first message of the welcome."""
    return Message(
        playbook="L2", version=1, customer_id=customer, occasion="o", step=0, channel="email",
        arm="treated" if arm == "treated" else "control", template="new-thanks", decision_id="d", run_id=1,
        not_before=NOW, valid_until=NOW + timedelta(days=3),
    )  # fmt: skip


def measured(playbook: str) -> Measured:
    """A result that cannot be given yet."""
    nan = float("nan")
    return Measured(
        playbook=playbook, as_of=LAST, first_assigned=FIRST, people_treated=2, people_control=0, mean_treated=1.0,
        mean_control=nan, orders_treated=0.5, orders_control=nan, margin=None, orders=None,
        reason="stats.too_few_units", level=0.8, strata=1, estimator="none", variance_left=1.0, planned_control=0.1, srm_p=1.0, window_days=8.0,
        window_needed=None, people_complete=0, messages=2, cost=Decimal("0.02"), basis="revenue",
    )  # fmt: skip


def test_what_was_done_is_counted(engine: Engine, ledger: Ledger) -> None:
    """Flows, messages with the words of their reasons, names of playbooks, results beside what is true."""
    with ledger.writing() as connection:
        install_playbooks(connection, NOW)
        start_playbook(connection, "L2", NOW)
        enqueue(connection, [message("a", "treated"), message("b", "treated"), message("c", "control")], NOW)
    with ledger.reading() as connection:
        found = outreach_figures(
            engine, connection, [measured(PROGRAMME), measured("L2")], LAST, {PROGRAMME: 1.5}
        )

    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert (found["format"], found["first_day"], found["as_of"]) == (
        "evergrove.outreach/1", "2026-06-01", "2026-06-09",
    )  # fmt: skip
    assert found["playbooks"]["L2"] == {"name": "Welcome new customers", "state": "started"}
    assert [(row["playbook"], row["true_effect"]) for row in found["measured"]] == [
        ("global", 1.5),
        ("L2", None),
    ]
    flows = {
        axis: {(row["from"], row["to"]): row["customers"] for row in rows}
        for axis, rows in found["flows"].items()
    }
    assert flows["tier"] == {
        ("low", "high"): 1, ("low", "low"): 1, (None, None): 1, ("newcomer", "low"): 1, ("newcomer", "medium"): 1,
    }  # fmt: skip
    assert flows["stage"] == {
        ("new", "growth"): 1, ("growth", "decline"): 1, ("new", "new"): 1, ("newcomer", "new"): 1,
        ("newcomer", "growth"): 1,
    }  # fmt: skip
    assert [(row["arm"], row["state"], row["messages"]) for row in found["sends"]] == [
        ("control", "skipped", 1),
        ("treated", "queued", 2),
    ]
    assert "untreated" in found["sends"][0]["words"]


def test_words_of_reasons_need_no_fields() -> None:
    """Many messages share one row: a sentence with fields would need one value for all of them."""
    from evergrove.report.outreach_figures import REASONS

    assert "people.consent_unknown" in REASONS
    assert "delivery.capped" in REASONS
    assert "outbox.too_late" in REASONS
    assert not [words for words in REASONS.values() if "{" in words]


def test_before_the_first_night_there_is_nothing(engine: Engine, ledger: Ledger) -> None:
    """Empty tables give empty figures, not an error."""
    engine.create("tiers", "select * from tiers where false")
    engine.create("transitions", "select * from transitions where false")

    with ledger.reading() as connection:
        found = outreach_figures(engine, connection, [], LAST)

    assert found["first_day"] is None
    assert found["flows"] == {"tier": [], "stage": []}
    assert found["measured"] == found["sends"] == []


def test_who_may_not_be_valued_has_not_come_since(engine: Engine, ledger: Ledger) -> None:
    """Such a customer stands in the table with no tier and no stage, and no move ever placed him."""
    with ledger.reading() as connection:
        before = outreach_figures(engine, connection, [], LAST)["flows"]
        engine.create("valued", "select * from tiers")
        engine.create("tiers", "select * from valued union all by name select 'left-out' as customer_id")
        after = outreach_figures(engine, connection, [], LAST)["flows"]

    assert after == before


def test_a_policys_own_names_stand_beside_the_figures(engine: Engine, ledger: Ledger) -> None:
    """Where there are any: by language, for the tiers that its own play as."""
    names = {"en": {"high": "Gold club"}, "zh-Hans": {"high": "金卡会员"}, "zh-Hant": {"high": "金卡會員"}}
    with ledger.reading() as connection:
        assert outreach_figures(engine, connection, [], LAST, tier_names=names)["tier_names"] == names
        none = outreach_figures(engine, connection, [], LAST, tier_names={"en": {}})
    assert "tier_names" not in none
