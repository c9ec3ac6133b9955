"""From proposals to rows: what is stored, what waits to leave, and what a dry run shows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from evergrove.campaigns import assignment, enrolment
from evergrove.decisions import CarriedOut, carry_out, decision, reason_sentence
from evergrove.outbox import OUTBOX
from evergrove.people import PersonRow, address_hash, erase, suppress
from evergrove.settings import OutreachSettings
from evergrove.testing.situations import Shopper, moves

if TYPE_CHECKING:
    from sqlalchemy import Table

    from .conftest import Shop


def rows(shop: Shop, table: Table) -> list[dict[str, Any]]:
    """A table of the ledger."""
    with shop.ledger.reading() as connection:
        return [dict(row) for row in connection.execute(select(table)).mappings()]


def newcomers(*customers: str) -> tuple[list[Shopper], Any]:
    """Customers with their first order, and the transitions of that day."""
    shoppers = [Shopper(each, stage="new", orders=1, average_order=80.0) for each in customers]
    return shoppers, moves(*((each, "new", "evidence") for each in customers))


def test_a_willing_newcomer_is_thanked(shop: Shop) -> None:
    """At ten the next morning; the decision, the assignment and the message tell of each other."""
    shop.willing("a")
    shop.run(0, *newcomers("a"))
    (message,), (decided,) = rows(shop, OUTBOX), rows(shop, decision)
    assert (message["state"], message["template"], message["arm"]) == ("queued", "new-thanks", "treated")
    assert message["not_before"] == datetime(2026, 3, 2, 2, tzinfo=UTC)
    assert message["valid_until"] == datetime(2026, 3, 4, 16, tzinfo=UTC)
    assert message["cost"] == decided["cost"] == Decimal("0.0100")
    assert message["decision_id"] == decided["id"]
    assert (decided["outcome"], decided["arm"], decided["probability"]) == ("send", "treated", 1.0)
    assert {each["layer"] for each in rows(shop, assignment)} == {"global", "playbook"}


def test_whoever_may_not_be_written_to_is_never_assigned(shop: Shop) -> None:
    """Eligibility first: an arm that could not be treated would water the effect down."""
    shop.willing("erased", "bounced", "willing")
    shop.people(
        PersonRow("denied", "denied@example.com", consent="denied"),
        PersonRow("silent", "silent@example.com"),
        PersonRow("homeless", consent="granted"),
    )
    with shop.ledger.writing() as connection:
        erase(connection, "erased", shop.night(-1))
        hashed = address_hash(shop.seal, "bounced@example.com")
        suppress(connection, hashed, "people.bounced", shop.night(-1))
    shop.run(0, *newcomers("erased", "bounced", "denied", "silent", "homeless", "willing", "stranger"))
    found = {each["customer_id"]: (each["outcome"], each["reason"]) for each in rows(shop, decision)}
    assert found == {
        "erased": ("blocked", "people.erased"),
        "bounced": ("blocked", "people.bounced"),
        "denied": ("blocked", "people.consent_denied"),
        "silent": ("blocked", "people.consent_unknown"),
        "homeless": ("blocked", "people.no_address"),
        "stranger": ("blocked", "people.consent_unknown"),
        "willing": ("send", None),
    }
    assert {each["customer_id"] for each in rows(shop, assignment)} == {"willing"}
    assert {each["customer_id"] for each in rows(shop, OUTBOX)} == {"willing"}


def test_an_erased_person_leaves_the_playbook(shop: Shop) -> None:
    """And is not even proposed any more."""
    shop.willing("a")
    shop.run(0, *newcomers("a"))
    with shop.ledger.writing() as connection:
        erase(connection, "a", shop.night(0))
    shoppers, _ = newcomers("a")
    shop.run(3, shoppers)
    (left,) = rows(shop, enrolment)
    assert (left["state"], left["reason"]) == ("exited", "campaigns.erased")
    assert shop.run(4, shoppers)[0].proposals == ()


def test_consent_given_later_opens_the_next_day(shop: Shop) -> None:
    """As long as the step's window is open."""
    shoppers, entry = newcomers("a")
    shop.run(0, shoppers, entry)
    shop.willing("a")
    shop.run(1, shoppers)
    outcomes = [(each["as_of"].day, each["outcome"]) for each in rows(shop, decision)]
    assert sorted(outcomes) == [(1, "blocked"), (2, "send")]


def test_controls_have_decisions_and_virtual_sends(shop: Shop) -> None:
    """Everything but the message; what it would have cost is not booked."""
    shop.settings = replace(shop.settings, playbook_control=0.5, global_control=0.2)
    customers = [f"C{i}" for i in range(60)]
    shop.willing(*customers)
    shop.run(0, *newcomers(*customers))
    controls = {each["customer_id"] for each in rows(shop, assignment) if each["arm"] == "control"}
    assert 10 < len(controls) < 50
    for each in rows(shop, decision):
        is_control = each["customer_id"] in controls
        assert each["outcome"] == ("control" if is_control else "send")
        assert each["reason"] == ("campaigns.control" if is_control else None)
        assert each["cost"] == (Decimal(0) if is_control else Decimal("0.0100"))
    for each in rows(shop, OUTBOX):
        is_control = each["customer_id"] in controls
        assert (each["state"], each["arm"]) == (
            ("skipped", "control") if is_control else ("queued", "treated")
        )
        assert each["cost"] == (Decimal(0) if is_control else Decimal("0.0100"))


def test_controls_go_through_the_same_steps(shop: Shop) -> None:
    """Virtually: their decisions fall on the days on which a message would have left."""
    shop.settings = replace(shop.settings, global_control=0.5, salt="all")
    customers = [f"C{i}" for i in range(10)]
    shop.willing(*customers)
    shoppers, entry = newcomers(*customers)
    for number in range(12):
        shop.run(number, shoppers, entry if number == 0 else None)
    days: dict[str, set[int]] = {}
    for each in rows(shop, decision):
        assert each["outcome"] in {"send", "control"}
        days.setdefault(each["customer_id"], set()).add(each["as_of"].day)
    # The coupon of day 8 would be the third within a week of day 3's and 7's: allowed.
    assert set(map(frozenset, days.values())) == {frozenset({1, 4, 8, 9})}


def test_a_control_s_virtual_send_outranks_and_counts(shop: Shop) -> None:
    """Otherwise controls would be proposed more than the treated are."""
    shop.settings = replace(shop.settings, global_control=0.5, per_week=1)
    customers = [f"C{i}" for i in range(12)]
    shop.willing(*customers)
    shoppers = [
        Shopper(
            each,
            tier="high",
            stage="decline",
            next_order=(shop.day(2), shop.day(9), shop.day(30)),
        )
        for each in customers
    ]
    fell = moves(*((each, "decline", "clock") for each in customers))
    shop.run(0, shoppers, fell)
    shop.run(1, shoppers)
    found = rows(shop, decision)
    assert {each["outcome"] for each in found if each["playbook"] == "L5"} == {"send", "control"}
    first, second = (
        [each for each in found if each["playbook"] == "T1b" and each["as_of"] == shop.day(number)]
        for number in (0, 1)
    )
    assert {each["reason"] for each in first} == {"decisions.outranked"}
    assert {each["reason"] for each in second} == {"decisions.cap_week"}
    assert len(first) == len(second) == len(customers)
    # The arm within T1b is not drawn for messages that do not leave.
    assert {each["layer_key"] for each in rows(shop, assignment)} == {"global 2026-01", "L5"}


def test_the_loser_goes_the_next_day(shop: Shop) -> None:
    """One message a customer a day; the outranked one is tried again while it is of use."""
    shop.willing("a")
    shopper = Shopper("a", tier="high", stage="decline", next_order=(shop.day(2), shop.day(9), shop.day(30)))
    shop.run(0, [shopper], moves(("a", "decline", "clock")))
    shop.run(1, [shopper])
    sent = [(each["playbook"], each["as_of"]) for each in rows(shop, decision) if each["outcome"] == "send"]
    assert sorted(sent) == [("L5", shop.day(0)), ("T1b", shop.day(1))]


def test_a_repeated_run_does_nothing_twice(shop: Shop) -> None:
    """Not even with room under the caps for the one that was outranked."""
    shop.settings = replace(shop.settings, per_day=5, per_week=9)
    shop.willing("a", "b")
    shopper = Shopper("a", tier="high", stage="decline", next_order=(shop.day(2), shop.day(9), shop.day(30)))
    both, fell = [shopper, replace(shopper, customer_id="b")], moves(("a", "decline", "clock"))
    shop.run(0, both, fell)
    before = [rows(shop, table) for table in (decision, assignment, OUTBOX, enrolment)]
    _, decided = shop.run(0, both, fell, now=shop.night(0) + timedelta(hours=3))
    assert decided.decisions == ()
    assert [rows(shop, table) for table in (decision, assignment, OUTBOX, enrolment)] == before


def test_carrying_out_twice_stores_once(shop: Shop) -> None:
    """A caller who does not know whether the first time was committed may do it again."""
    shop.willing("a", "b")
    found, decided = shop.run(0, *newcomers("a", "b"))
    before = [rows(shop, table) for table in (decision, assignment, OUTBOX, enrolment)]
    with shop.ledger.writing() as connection:
        again = carry_out(connection, found, decided, run_id=0, now=shop.night(0))
    assert again == CarriedOut(queued=0, virtual=0, taken_back=0)
    assert [rows(shop, table) for table in (decision, assignment, OUTBOX, enrolment)] == before


def test_a_dry_run_says_who_what_when_and_at_what_cost_and_writes_nothing(shop: Shop) -> None:
    """And it shows what the run then does, arms included."""
    shop.settings = replace(shop.settings, playbook_control=0.5)
    customers = [f"C{i}" for i in range(20)]
    shop.willing(*customers)
    shoppers = [
        Shopper(
            each,
            tier="high",
            average_order=200.0,
            next_order=(shop.day(2), shop.day(9), shop.day(30)),
        )
        for each in customers
    ]
    _, dry = shop.run(0, shoppers, dry=True)
    for table in (decision, assignment, OUTBOX, enrolment):
        assert rows(shop, table) == []
    _, real = shop.run(0, shoppers)
    assert dry.actions == real.actions
    assert {each.arm for each in dry.actions} == {"treated", "control"}
    for each in dry.actions:
        treated = each.arm == "treated"
        assert (each.playbook, each.template) == ("T1b", "repurchase-coupon")
        assert each.not_before == datetime(2026, 3, 2, 2, tzinfo=UTC)
        assert each.cost == (Decimal("0.0100") if treated else Decimal(0))
        assert each.coupon_cost == (Decimal("3.0000") if treated else None)
    counted = dry.counts()
    assert sum(counted.values()) == 20
    assert set(counted) == {("T1b", "send", ""), ("T1b", "control", "campaigns.control")}


def test_held_back_coupons_are_rows_too(shop: Shop) -> None:
    """With the chance that held them back, and no assignment."""
    shop.willing("a")
    ahead = (shop.day(2), shop.day(9), shop.day(30))
    shop.run(0, [Shopper("a", tier="high", next_order=ahead, p_purchase_7d=0.81)])
    (held,) = rows(shop, decision)
    assert (held["outcome"], held["reason"]) == ("skipped", "campaigns.would_buy")
    assert held["params"] == {"most": 0.7, "p": 0.81}
    assert rows(shop, assignment) == rows(shop, OUTBOX) == []
    shop.run(1, [Shopper("a", tier="high", next_order=ahead, p_purchase_7d=0.4)])
    assert [each["state"] for each in rows(shop, OUTBOX)] == ["queued"]


def test_what_waits_is_taken_back_when_the_customer_leaves(shop: Shop) -> None:
    """A welcome question after the second order would be out of place."""
    shop.willing("a")
    shoppers, entry = newcomers("a")
    shop.run(0, shoppers, entry)
    shop.run(1, [replace(shoppers[0], orders=2, last_order=shop.day(1), stage="growth")])
    (message,) = rows(shop, OUTBOX)
    assert (message["state"], message["reason"]) == ("skipped", "campaigns.exited")
    assert message["settled_at"] == shop.night(1)


def test_each_customer_s_own_morning(shop: Shop) -> None:
    """Ten o'clock in New York is the evening in Shanghai; an unknown zone is counted."""
    shop.willing("york", zone="America/New_York")
    shop.willing("home")
    _, decided = shop.run(0, *newcomers("york", "home"))
    at = {each["customer_id"]: each["not_before"] for each in rows(shop, OUTBOX)}
    assert at == {
        "york": datetime(2026, 3, 2, 15, tzinfo=UTC),
        "home": datetime(2026, 3, 2, 2, tzinfo=UTC),
    }
    assert decided.unknown_zones == 1


def test_a_run_for_a_day_long_past_sends_nothing(shop: Shop) -> None:
    """And assigns nobody: the message could not leave any more."""
    shop.willing("a")
    shop.run(0, *newcomers("a"), now=shop.night(40))
    assert [each["reason"] for each in rows(shop, decision)] == ["decisions.no_hour_left"]
    assert rows(shop, assignment) == rows(shop, OUTBOX) == []


def test_the_settings_cost_is_exact(shop: Shop) -> None:
    """0.1 is a tenth, not the float beside it."""
    shop.settings = replace(shop.settings, contact_cost=0.1)
    shop.willing("a")
    shop.run(0, *newcomers("a"))
    assert [each["cost"] for each in rows(shop, OUTBOX)] == [Decimal("0.1")]


def test_hundreds_of_proposals_are_one_night(shop: Shop) -> None:
    """More than a query's names, in one transaction."""
    customers = [f"C{i}" for i in range(1203)]
    shop.settings = OutreachSettings(salt="many")
    shop.willing(*customers)
    shop.run(0, *newcomers(*customers))
    with shop.ledger.reading() as connection:
        for table in (decision, OUTBOX, enrolment):
            assert connection.execute(select(func.count()).select_from(table)).scalar_one() == 1203


def test_every_stored_reason_has_words() -> None:
    """Also those of other stations; a code of a later version stands for itself."""
    assert str(reason_sentence("people.erased", {})) == "The person was erased."
    said = reason_sentence("campaigns.would_buy", {"p": 0.81, "most": 0.7})
    assert str(said) == "The customer is likely to buy within a week anyway (chance: 0.81)."
    assert str(reason_sentence("decisions.cap_day", {"most": 1})) == "No more than 1 message within a day."
    assert str(reason_sentence("decisions.outranked", {"by": "L5"})).endswith("L5.")
    assert str(reason_sentence("later.code", {})) == "later.code"
