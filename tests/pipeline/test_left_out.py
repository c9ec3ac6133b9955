"""Who is not to be valued is not: from the file through the run and the export to the sending."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from evergrove.app.weeks import READ
from evergrove.core import SetClock
from evergrove.decisions import decision
from evergrove.delivery import MemoryChannel, send
from evergrove.ingest import show_facts
from evergrove.ingest.persons.tables import read_people_table
from evergrove.outbox import OUTBOX
from evergrove.people import ConsentRow, record_consent, take_consents
from evergrove.people.identity import merge, unmerge
from evergrove.pipeline import BacktestRequest
from evergrove.scoring.rolling import Options
from evergrove.testing.workspaces import write_orders
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.app import Workspace
    from evergrove.pipeline import RunOutcome

DAY = date(2026, 7, 1)
NIGHT = datetime(2026, 7, 2, 2, tzinfo=ZoneInfo("Asia/Shanghai"))
NEW = [f"N{n:02}" for n in range(12)]
pytestmark = pytest.mark.parametrize("begun_workspace", ["sqlite"], indirect=True)


@pytest.fixture
def shop(begun: Workspace, tmp_path: Path) -> Workspace:
    """Twelve new customers who agreed to mail: one wants no profile, one is a child, another has a guardian's yes."""
    assert isinstance(begun.clock, SetClock)
    begun.clock.moment = NIGHT
    begun.ingest([write_orders(tmp_path / "day.csv", DAY, dict.fromkeys(NEW, 150.0))], READ)
    people = tmp_path / "people.csv"
    born = {NEW[1]: "2014-05-09", NEW[2]: "2014-05-09"}
    lines = [f"{each},{each.lower()}@example.com,yes,{born.get(each, '')}" for each in NEW]
    people.write_text("\n".join(["customer_id,email,consent,birthday", *lines]) + "\n")
    begun.ingest_customers([people], READ)
    consents = tmp_path / "consents.csv"
    consents.write_text(
        "customer_id,purpose,status,consented_at,given_by\n"
        f"{NEW[0]},profiling,withdrawn,2026-06-30,\n"
        f"{NEW[2]},profiling,granted,2026-06-30,guardian\n"
        f"{NEW[2]},marketing,granted,2026-06-30,guardian\n"
    )
    taken = read_people_table(begun.ledger, begun.seal, "consents", consents, READ, begun.clock)
    assert (taken.rows.good, taken.consents) == (3, 3)
    return begun


def exported(shop: Workspace, table: str, tmp_path: Path) -> dict[str, dict[str, str]]:
    """A published table by customer, as its CSV has it."""
    path = tmp_path / f"{table}.csv"
    shop.export(table, path)
    with path.open(encoding="utf-8-sig") as file:
        return {row["customer_id"]: row for row in csv.DictReader(file)}


def decided(shop: Workspace) -> dict[str, tuple[str, str | None]]:
    """What was decided about each new customer's welcome."""
    with shop.ledger.reading() as connection:
        rows = connection.execute(select(decision)).all()
    return {row.customer_id: (row.outcome, row.reason) for row in rows if row.playbook == "L2"}


def test_who_wants_no_profile_has_none_and_is_proposed_nothing(shop: Workspace, tmp_path: Path) -> None:
    """The row stays, with what was bought, NULLs and a reason; tiers count everybody else; no playbook asks for it."""
    outcome: RunOutcome = shop.run()

    off = {NEW[0]: "people.profiling_refused", NEW[1]: "people.profiling_minor"}
    assert outcome.left_out == {"people.profiling_minor": 1, "people.profiling_refused": 1}
    scores, tiers = exported(shop, "scores", tmp_path), exported(shop, "tiers", tmp_path)
    computed = (
        "clv_12m",
        "clv",
        "p_alive",
        "p_active_180d",
        "rfm_group",
        "next_order_date",
        "model",
        "p_purchase_7d",
    )
    for customer, reason in off.items():
        row = scores[customer]
        assert {row[name] for name in computed} == {""}
        assert (row["orders"], row["first_order_date"], row["unscored"]) == ("1", "2026-07-01", reason)
        assert {tiers[customer][name] for name in ("tier", "stage", "action", "realised_tier")} == {""}
        assert tiers[customer]["unscored"] == reason
    assert scores[NEW[2]]["p_alive"]
    assert scores[NEW[2]]["unscored"] == ""
    assert set(decided(shop)) == set(NEW) - set(off)
    assert outcome.customers == sum(1 for row in scores.values() if row["p_active_180d"])
    assert sum(outcome.tiers.values()) == outcome.customers
    assert set(scores) == set(tiers)


def test_facts_of_who_is_left_out_still_count(shop: Workspace, tmp_path: Path) -> None:
    """Orders and amounts of all rows together are those of a night in which everybody was valued."""
    shop.run()
    partly = exported(shop, "scores", tmp_path)
    with shop.ledger.writing() as connection:
        record_consent(connection, NEW[0], "granted", "form", NIGHT, "any", "profiling")
        yes = ConsentRow(NEW[1], "granted", "profiling", given_at=NIGHT, given_by="guardian")
        take_consents(connection, shop.seal, [yes], NIGHT.astimezone(UTC))
    shop.run()
    wholly = exported(shop, "scores", tmp_path)

    assert {row["unscored"] for row in wholly.values()} == {""}
    for name in ("orders", "spend_12m", "orders_12m"):
        known = [sum(Decimal(row[name] or 0) for row in rows.values()) for rows in (partly, wholly)]
        assert known[0] == known[1] > 0


def test_seeds_for_look_alikes_do_not_hold_them(shop: Workspace, tmp_path: Path) -> None:
    """Whoever takes the best by value, by tier or by chance takes nobody who is left out."""
    shop.run()
    scores = exported(shop, "scores", tmp_path)

    seeds = {name for name, row in scores.items() if row["clv_12m"] or row["p_alive"] or row["rfm_group"]}
    assert seeds.isdisjoint({NEW[0], NEW[1]})
    assert exported(shop, "unprofiled", tmp_path).keys() == {NEW[0], NEW[1]}


def test_a_replayed_night_leaves_out_whom_it_left_out_then(shop: Workspace) -> None:
    """Whatever was said since: the night is computed by what was known in it."""
    shop.run()
    with shop.ledger.writing() as connection:
        record_consent(connection, NEW[0], "granted", "form", NIGHT, "any", "profiling")
        record_consent(connection, NEW[5], "revoked", "form", NIGHT, "any", "profiling")

    assert shop.replay(DAY).is_equal


def test_a_no_to_profiles_reaches_a_message_that_waits(shop: Workspace, tmp_path: Path) -> None:
    """Said between the run and the sending: what was chosen by a value does not leave, and says why."""
    shop.run()
    waiting = {row.customer_id for row in queued(shop)}
    loud, silent, listed = sorted(waiting & set(NEW))[:3]
    with shop.ledger.writing() as connection:
        record_consent(connection, loud, "revoked", "form", NIGHT, "any", "profiling")
        record_consent(connection, silent, "revoked", "unsubscribe", NIGHT)
    file = tmp_path / "late.csv"
    file.write_text(f"customer_id,channel,status,consented_at\n{listed},all,退订,2026-07-01 20:00\n")
    read_people_table(shop.ledger, shop.seal, "consents", file, READ, shop.clock)

    mails = sent(shop)

    states = {row.customer_id: (row.state, row.reason) for row in rows_of_outbox(shop)}
    assert states[loud] == ("skipped", "people.profiling_refused")
    assert states[silent] == ("skipped", "people.consent_revoked")
    assert states[listed] == ("skipped", "people.consent_revoked")
    assert mails == len(waiting) - 3


def test_a_merge_with_somebody_who_said_no_and_its_undoing(shop: Workspace, tmp_path: Path) -> None:
    """A no under one id is the person's; taken apart again, the other is valued and ranked as before."""
    shop.run()
    before = exported(shop, "scores", tmp_path)[NEW[6]]
    with shop.ledger.writing() as connection:
        merge(connection, NEW[0], NEW[6], NIGHT)
    joined = shop.run()
    assert joined.left_out == {"people.profiling_minor": 1, "people.profiling_refused": 1}
    assert NEW[6] not in exported(shop, "scores", tmp_path)
    with shop.ledger.writing() as connection:
        unmerge(connection, NEW[6], NIGHT)
    shop.run()

    after = exported(shop, "scores", tmp_path)
    assert after[NEW[6]] == before
    assert after[NEW[0]]["unscored"] == "people.profiling_refused"


def test_whoever_allows_it_again_is_valued_again(shop: Workspace, tmp_path: Path) -> None:
    """The table that names who is left out empties, and the row is as anybody's."""
    shop.run()
    with shop.ledger.writing() as connection:
        record_consent(connection, NEW[0], "granted", "form", NIGHT, "any", "profiling")
        record_consent(
            connection, NEW[1], "granted", "form", NIGHT, "any", "profiling"
        )  # a child's own yes is none
    outcome = shop.run()

    assert outcome.left_out == {"people.profiling_minor": 1}
    assert exported(shop, "scores", tmp_path)[NEW[0]]["p_alive"]


@pytest.mark.slow
def test_no_back_test_learns_from_them(begun: Workspace, tmp_path: Path) -> None:
    """Every third customer said no: whom the oldest origin judges is fewer by exactly those of them it judged before."""
    options = Options(origins=1, window_days=28, models=("nbd",), season=False)
    wholly = begun.backtest(BacktestRequest(tmp_path / "wholly", options))
    origin = wholly.found.origins[0].origin
    with open_engine(threads=1) as engine:
        assert show_facts(engine, begun.warehouse, begun.warehouse.newest())
        rows = engine.run("select distinct customer_id from orders where order_date <= $day", day=origin)
    off = sorted(customer for (customer,) in rows)[::3]
    with begun.ledger.writing() as connection:
        for customer in off:
            record_consent(connection, customer, "revoked", "form", begun.clock.now(), "any", "profiling")

    partly = begun.backtest(BacktestRequest(tmp_path / "partly", options))

    judged = [
        {name.turns[0].measures.customers for name in each.found.records if name.turns[0].measures}
        for each in (wholly, partly)
    ]
    assert judged[1] == {customers - len(off) for customers in judged[0]}
    assert (len(judged[0]), len(off) > 50) == (1, True)


def rows_of_outbox(shop: Workspace) -> list[Any]:
    """All messages to treated customers."""
    with shop.ledger.reading() as connection:
        return list(connection.execute(select(OUTBOX).where(OUTBOX.c.arm == "treated")))


def queued(shop: Workspace) -> list[Any]:
    """Messages that wait."""
    return [row for row in rows_of_outbox(shop) if row.state == "queued"]


def sent(shop: Workspace) -> int:
    """Send in the middle of the next day; how many mails left."""
    clock = SetClock(NIGHT + timedelta(hours=10))
    channel = MemoryChannel()
    send(shop.ledger, shop.seal, channel, clock, shop.settings)
    return len(channel.mails)
