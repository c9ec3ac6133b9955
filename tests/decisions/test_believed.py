"""What a proposal is believed to bring, after what it costs."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from evergrove.decisions.believed import beliefs_of
from evergrove.decisions.effects import Effect

if TYPE_CHECKING:
    from evergrove.decisions.believed import Beliefs

DAY = date(2026, 7, 1)


def believed(mean: float, cost: str, contact: str = "0.50", weight: float = 0.0) -> Beliefs:
    """Of a playbook in all cells."""
    everywhere = Effect("winback", "", "", mean, 1.0, 100, 100, weight, DAY)
    return beliefs_of([(everywhere, Decimal(cost), {})], Decimal(contact))


@pytest.mark.parametrize(("cost", "net"), [("0.00", 8.5), ("0.20", 8.5), ("2.00", 7.0)])
def test_a_contact_costs_what_it_did_and_never_less_than_a_message(cost: str, net: float) -> None:
    """A playbook that was never sent has cost nothing yet."""
    worth = believed(9.0, cost).of("winback", "high", "churned")

    assert worth is not None
    assert worth.net("email") == pytest.approx(net)


def test_a_cell_of_its_own_goes_before_what_holds_everywhere() -> None:
    """Tier and stage first; else the whole playbook; of another playbook nothing is believed."""
    cell = Effect("winback", "high", "churned", 20.0, 1.0, 50, 50, 0.0, DAY)
    everywhere = Effect("winback", "", "", 9.0, 1.0, 100, 100, 0.0, DAY)
    found = beliefs_of([(cell, Decimal(1), {}), (everywhere, Decimal(1), {})], Decimal("0.5"))
    nets = [
        None if worth is None else worth.net("email")
        for worth in (
            found.of(*place)
            for place in (("winback", "high", "churned"), ("winback", "low", "new"), ("other", "low", "new"))
        )
    ]

    assert nets == [19.0, 8.0, None]


def test_an_assumption_of_nothing_forbids_nothing() -> None:
    """Measured to bring nothing is a belief; assumed to, in a shop without sales, is none."""
    assert believed(0.0, "0", weight=1.0).of("winback", "low", "new") is None
    assert believed(0.0, "0", weight=0.9).of("winback", "low", "new") is not None
