"""Customers who are one person are written to as one, whichever of the ids an occasion comes from."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from evergrove.campaigns import assignment
from evergrove.decisions import decision
from evergrove.outbox import OUTBOX
from evergrove.people import PersonRow, contact_of, erase, record_consent, standing_of, suppress
from evergrove.people.identity import merge, unmerge
from evergrove.people.store import people_of
from evergrove.pipeline.doctor import NoSuchRunBehind, _rules
from evergrove.testing.situations import Shopper, moves

if TYPE_CHECKING:
    from sqlalchemy import Table

    from .conftest import Shop


def newcomers(*customers: str) -> tuple[list[Shopper], Any]:
    """Customers with their first order, and the transitions of that day."""
    shoppers = [Shopper(each, stage="new", orders=1, average_order=80.0) for each in customers]
    return shoppers, moves(*((each, "new", "evidence") for each in customers))


def rows(shop: Shop, table: Table) -> list[dict[str, Any]]:
    """A table of the ledger."""
    with shop.ledger.reading() as connection:
        return [dict(row) for row in connection.execute(select(table)).mappings()]


def join(shop: Shop, one: str, other: str) -> None:
    """They are one person from now on."""
    with shop.ledger.writing() as connection:
        merge(connection, one, other, shop.night(0))


def outcomes(shop: Shop, customer: str) -> list[tuple[str, str | None]]:
    """What was decided about a customer."""
    return [
        (each["outcome"], each["reason"]) for each in rows(shop, decision) if each["customer_id"] == customer
    ]


def test_who_was_thanked_under_one_id_is_not_thanked_again_under_another(shop: Shop) -> None:
    """The second id entered by itself, a moment before both were known to be one."""
    shop.willing("a", "b")
    shop.run(0, *newcomers("b"))
    join(shop, "a", "b")
    shop.run(1, *newcomers("a"))
    assert [each["customer_id"] for each in rows(shop, OUTBOX)] == ["b"]
    assert outcomes(shop, "a") == []  # nor does it enter the playbook that the person is in


def test_after_the_undoing_each_stands_for_itself_again(shop: Shop) -> None:
    """Nothing was moved: what holds is what always stood there."""
    shop.willing("a", "b")
    shop.run(0, *newcomers("b"))
    join(shop, "a", "b")
    with shop.ledger.writing() as connection:
        unmerge(connection, "a", shop.night(1))
    shop.run(1, *newcomers("a"))
    assert {each["customer_id"] for each in rows(shop, OUTBOX)} == {"a", "b"}


def test_messages_of_all_ids_count_towards_the_cap(shop: Shop) -> None:
    """One a day is one a person and day."""
    shop.willing("a", "b")
    shop.run(0, *newcomers("b"))
    join(shop, "a", "b")
    with shop.ledger.writing() as connection:
        connection.execute(
            OUTBOX.update().values(playbook="L3")
        )  # another playbook's message to the other id
        connection.exec_driver_sql("delete from enrolment")
    shop.run(0, *newcomers("a"))
    assert outcomes(shop, "a") == [("blocked", "decisions.cap_day")]


def test_a_step_that_another_id_was_sent_is_not_sent_twice(shop: Shop) -> None:
    """Even where caps would allow it: the message is unique by the person."""
    shop.willing("a", "b")
    shop.settings = replace(shop.settings, per_day=9, per_week=9, per_month=9)
    shop.run(0, *newcomers("b"))
    join(shop, "a", "b")
    with shop.ledger.writing() as connection:
        connection.exec_driver_sql("delete from enrolment")
    shop.run(0, *newcomers("a"))
    assert outcomes(shop, "a") == [("blocked", "decisions.told_already")]
    assert len(rows(shop, OUTBOX)) == 1


@pytest.mark.parametrize("arm", ["control", "treated"])
def test_the_arm_of_one_id_is_that_of_the_person(shop: Shop, arm: str) -> None:
    """No coin is thrown again for an id that was thought to be somebody else; each id keeps it after an undoing."""
    shop.willing("a", "b")
    drawn_by(shop, "b", arm)
    join(shop, "a", "b")
    shop.run(0, *newcomers("a"))
    assert outcomes(shop, "a") == (
        [("control", "campaigns.control")] if arm == "control" else [("send", None)]
    )
    assert {(each["customer_id"], each["arm"]) for each in rows(shop, assignment)} == {("a", arm), ("b", arm)}
    with shop.ledger.reading() as connection:
        assert {type(each) for each in _rules(connection)} <= {NoSuchRunBehind}  # nothing is published here


def test_who_stands_in_both_arms_is_left_alone(shop: Shop) -> None:
    """Promised to be left alone under one id, treated under the other: nobody is written to, and no arm is counted."""
    shop.willing("a", "b")
    drawn_by(shop, "a", "treated")
    drawn_by(shop, "b", "control")
    join(shop, "a", "b")
    shop.run(0, *newcomers("a"))
    assert outcomes(shop, "a") == [("blocked", "decisions.two_arms")]


def drawn_by(shop: Shop, customer: str, arm: str) -> None:
    """The coin was thrown for a customer; nothing else is left of that night."""
    shop.run(0, *newcomers(customer))
    with shop.ledger.writing() as connection:
        connection.execute(assignment.update().where(assignment.c.customer_id == customer).values(arm=arm))
        for table in ("enrolment", "outbox", "decision"):
            connection.exec_driver_sql(f"delete from {table}")


@pytest.mark.parametrize(
    ("says", "block"),
    [
        ("revoked", "people.consent_revoked"),
        ("denied", "people.consent_denied"),
        ("complained", "people.complained"),
        ("bounced", None),
        ("nothing", None),
        ("erased", "people.erased"),
    ],
)
def test_the_most_restrictive_word_of_all_ids_holds(shop: Shop, says: str, block: str | None) -> None:
    """A no under any id is a no; a dead address says nothing of the living one, and silence is no word."""
    shop.willing("a")
    shop.people(PersonRow("b", "other@example.com", "b"))
    join(shop, "a", "b")
    now = shop.night(1)
    with shop.ledger.writing() as connection:
        if says in ("revoked", "denied"):
            record_consent(connection, "b", says, "unsubscribe", now)  # type: ignore[arg-type]
        elif says == "erased":
            erase(connection, "b", now)
        elif says != "nothing":
            suppress(connection, people_of(connection, ["b"])["b"].email_hash, f"people.{says}", now)
        assert standing_of(connection, ["a"])["a"].block == block


def test_a_person_is_reached_at_the_address_that_any_id_has(shop: Shop) -> None:
    """The till knows the consent, the web shop the address."""
    shop.people(PersonRow("a", consent="granted"), PersonRow("b", "other@example.com", "Bea", "zh-Hant"))
    join(shop, "a", "b")
    with shop.ledger.reading() as connection:
        standing = standing_of(connection, ["a"])["a"]
    contact = contact_of(shop.seal, "a", standing)
    assert (standing.block, contact.customer_id, contact.email, contact.name) == (
        None,
        "a",
        "other@example.com",
        "Bea",
    )
    assert standing.language == "zh-Hant"
