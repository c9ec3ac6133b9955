"""Who stays untreated: the shares, and that a coin once thrown lies."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np
import pytest
from sqlalchemy import select

from evergrove.campaigns import Assignment, Proposal, assignment
from evergrove.campaigns.control import begins, chance_of, draw, period_of
from evergrove.campaigns.store import assignments_of, store_assignments
from evergrove.settings import OutreachSettings

if TYPE_CHECKING:
    from evergrove.ledger import Ledger

AS_OF = date(2026, 3, 1)
NOW = datetime(2026, 3, 2, tzinfo=UTC)
SETTINGS = OutreachSettings(salt="shop one")
CUSTOMERS = 12_000
STRATA = [(tier, stage) for tier in ("low", "medium", "high") for stage in ("new", "decline")]


def proposal(customer: str, playbook: str = "L5", tier: str = "low", stage: str = "decline") -> Proposal:
    """One message to one customer."""
    return Proposal(
        "id", playbook, 1, customer, "once", 0, "email", "hello", AS_OF, AS_OF, 1, {}, tier=tier, stage=stage
    )


def proposals(playbook: str = "L5") -> list[Proposal]:
    """Many customers, spread over strata."""
    return [
        proposal(f"C{i}", playbook, *STRATA[i % len(STRATA)])  # each in one stratum
        for i in range(CUSTOMERS)
    ]


def within(count: int, of: int, share: float) -> bool:
    """Whether a count is within 4 standard errors of its share."""
    return abs(count - of * share) < 4 * sqrt(of * share * (1 - share))


def test_the_shares_are_what_the_settings_say() -> None:
    """5 % receive nothing at all, 10 % of the rest are the playbook's own; both within 4 standard errors."""
    drawn = draw(proposals(), {}, SETTINGS, AS_OF)
    layers = {layer: [each for each in drawn.new if each.layer == layer] for layer in ("global", "playbook")}
    controls = {layer: sum(each.arm == "control" for each in found) for layer, found in layers.items()}
    assert len(layers["global"]) == CUSTOMERS
    assert within(controls["global"], CUSTOMERS, 0.05)
    assert len(layers["playbook"]) == CUSTOMERS - controls["global"]
    assert within(controls["playbook"], len(layers["playbook"]), 0.10)
    assert sum(arm == "control" for arm in drawn.arms) == sum(controls.values())


def test_the_shares_hold_in_every_stratum() -> None:
    """Tier and stage do not enter the coin."""
    drawn = draw(proposals(), {}, SETTINGS, AS_OF)
    for stratum in STRATA:
        own = [e for e in drawn.new if e.layer == "playbook" and (e.tier, e.stage) == stratum]
        assert within(sum(each.arm == "control" for each in own), len(own), 0.10)


def test_the_coin_is_fair_and_layers_do_not_lean_on_each_other() -> None:
    """Chances are uniform (a tenth in each tenth), and those of two playbooks are uncorrelated."""
    first, second = (
        np.array([chance_of("salt", "playbook", key, f"C{i}") for i in range(CUSTOMERS)])
        for key in ("L2", "L5")
    )
    counts = np.bincount((first * 10).astype(int), minlength=10)
    assert len(counts) == 10
    assert all(within(int(count), CUSTOMERS, 0.1) for count in counts)
    assert abs(np.corrcoef(first, second)[0, 1]) < 4 / np.sqrt(CUSTOMERS)


def test_a_run_that_is_repeated_throws_the_same_coins() -> None:
    """And another shop's salt gives another group."""
    first = draw(proposals(), {}, SETTINGS, AS_OF)
    assert draw(proposals(), {}, SETTINGS, AS_OF) == first
    other = draw(proposals(), {}, replace(SETTINGS, salt="shop two"), AS_OF)
    same = sum(a == b for a, b in zip(first.arms, other.arms, strict=True))
    treated = 0.95 * 0.90
    assert within(same, CUSTOMERS, treated**2 + (1 - treated) ** 2)


def test_an_arm_once_drawn_stays_when_shares_and_salt_change() -> None:
    """A customer moved from control to treated would spoil both groups."""
    some = proposals()[:2000]
    first = draw(some, {}, SETTINGS, AS_OF)
    stored = {each.place: each for each in first.new}
    changed = replace(SETTINGS, salt="new", global_control=0.5, playbook_control=0.0)
    again = draw(some, stored, changed, AS_OF)
    assert again.arms == first.arms
    assert again.probabilities == first.probabilities
    assert again.new == ()


def test_the_global_control_comes_first() -> None:
    """Who is in it is never assigned within a playbook, and is in it for every playbook."""
    everybody = replace(SETTINGS, global_control=0.5)
    drawn = draw([*proposals("L2")[:500], *proposals("L5")[:500]], {}, everybody, AS_OF)
    outside = {e.customer_id for e in drawn.new if e.layer == "global" and e.arm == "control"}
    within_playbooks = {e.customer_id for e in drawn.new if e.layer == "playbook"}
    assert outside
    assert not outside & within_playbooks
    assert [arm == "control" for arm in drawn.arms[:500]] != [True] * 500
    for arm, each in zip(drawn.arms, [*proposals("L2")[:500], *proposals("L5")[:500]], strict=True):
        assert arm == "control" or each.customer_id not in outside


def test_the_probability_is_that_of_treatment() -> None:
    """In the layer that decided: .95 for the global control, .90 for everybody else, whatever their arm."""
    drawn = draw(proposals()[:3000], {}, SETTINGS, AS_OF)
    outside = {e.customer_id for e in drawn.new if e.layer == "global" and e.arm == "control"}
    for each, probability in zip(proposals()[:3000], drawn.probabilities, strict=True):
        assert probability == pytest.approx(0.95 if each.customer_id in outside else 0.90)


@pytest.mark.parametrize(
    ("as_of", "months", "period"),
    [
        (date(2026, 1, 1), 3, "global 2026-01"),
        (date(2026, 3, 31), 3, "global 2026-01"),
        (date(2026, 4, 1), 3, "global 2026-04"),
        (date(2026, 12, 31), 3, "global 2026-10"),
        (date(2026, 2, 28), 1, "global 2026-02"),
        (date(2026, 12, 31), 12, "global 2026-01"),
        (date(2026, 7, 1), 0, "global"),
    ],
)
def test_a_period_is_so_many_months_from_january(as_of: date, months: int, period: str) -> None:
    """Quarters are those of the calendar; 0 is one period for all time."""
    assert period_of(as_of, months) == period
    assert begins(period) <= as_of
    assert period_of(begins(period), months) == period


def test_everybody_is_drawn_anew_in_each_period_and_what_was_drawn_is_kept() -> None:
    """Who was left alone in one quarter is left alone in the next one by chance only: 5 % of them."""
    many = proposals()
    first = draw(many, {}, SETTINGS, date(2026, 3, 31))
    stored = {each.place: each for each in first.new}
    same_quarter = draw(many, stored, SETTINGS, date(2026, 1, 1))
    second = draw(many, stored, SETTINGS, date(2026, 4, 1))

    assert same_quarter.new == ()
    assert not {each.place for each in second.new} & stored.keys()
    alone = [
        {e.customer_id for e in d.new if (e.layer, e.arm) == ("global", "control")} for d in (first, second)
    ]
    assert within(len(alone[1]), CUSTOMERS, 0.05)
    assert within(len(alone[0] & alone[1]), len(alone[0]), 0.05)
    # Within the playbook nobody is drawn twice: those it had stay as they are, and others come to it.
    drawn_again = {e.customer_id for e in second.new if e.layer == "playbook"}
    assert drawn_again <= alone[0]


def test_a_playbook_may_have_its_own_share() -> None:
    """As its file says; 0 keeps nobody but the global control."""
    own = [replace(each, control=0.5) for each in proposals()]
    drawn = draw(own, {}, replace(SETTINGS, global_control=0.0), AS_OF)
    assert within(sum(arm == "control" for arm in drawn.arms), CUSTOMERS, 0.5)
    none = draw(
        [replace(each, control=0.0) for each in own], {}, replace(SETTINGS, global_control=0.0), AS_OF
    )
    assert set(none.arms) == {"treated"}


def test_a_customer_with_two_proposals_is_assigned_once() -> None:
    """One row in each layer."""
    twice = [proposal("a"), replace(proposal("a"), step=1)]
    places = [each.place for each in draw(twice, {}, SETTINGS, AS_OF).new]
    assert len(places) == len(set(places))


def test_assignments_come_back_from_the_ledger(ledger: Ledger) -> None:
    """With everything the analysis needs; a second storing, with other arms even, changes nothing."""
    new = draw(proposals()[:700], {}, SETTINGS, AS_OF).new
    with ledger.writing() as connection:
        assert store_assignments(connection, new, AS_OF, 7, NOW) == len(new)
        flipped = [replace(e, arm="treated" if e.arm == "control" else "control") for e in new]
        assert store_assignments(connection, flipped, AS_OF, 8, NOW) == 0
        found = assignments_of(connection, [f"C{i}" for i in range(700)])
        row = connection.execute(select(assignment)).mappings().first()
    assert found == {each.place: each for each in new}
    assert row is not None
    assert (row["run_id"], row["as_of"], row["assigned_at"]) == (7, AS_OF, NOW)
    assert isinstance(next(iter(found.values())), Assignment)
