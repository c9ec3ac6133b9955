"""The price guard over offers: whoever stands in one cell is never offered two faces, and the better one is kept."""

from __future__ import annotations

from datetime import date
from itertools import product

import numpy as np

from evergrove.decisions.choice import NOTHING, Offer, plan
from evergrove.decisions.effects import Effect
from evergrove.decisions.faces import one_face_a_cell

DAY = date(2026, 3, 1)
OFFERS = (
    Offer("five", "email", 0.1, 0.5),
    Offer("five", "sms", 0.2, 0.5),
    Offer("ten", "email", 0.1, 1.0),
    Offer("plain", "email", 0.1),
)
FACES = ("5 %", "5 %", "10 %", "")
TIERS = ["high"] * 30 + ["low"] * 50
STAGES = ["decline"] * 80
CELLS = [f"{tier} decline" for tier in TIERS]
IDS = [f"C{at}" for at in range(80)]


def effect(playbook: str, tier: str, mean: float) -> Effect:
    """Of customers in decline."""
    return Effect(playbook, tier, "decline", mean, 0.2, 100, 100, 0.0, DAY)


EFFECTS = [
    effect("five", "high", 2.0),
    effect("ten", "high", 3.0),
    effect("five", "low", 1.5),
    effect("ten", "low", 1.6),
    effect("plain", "high", 0.4),
    effect("plain", "low", 0.3),
]


def test_a_cell_gets_one_face_by_any_channel_and_letters_without_coupons_stay() -> None:
    """Under a budget that would mix faces within a cell; no single-face choice brings more."""
    budget = 60.0
    free = plan(EFFECTS, TIERS, STAGES, OFFERS, budget)
    mixed = {
        cell: {
            FACES[c] for c, at in zip(free.choice.picked, CELLS, strict=True) if at == cell and c != NOTHING
        }
        for cell in set(CELLS)
    }
    assert any(len(faces - {""}) > 1 for faces in mixed.values()), (
        "the budget has to mix faces, or nothing is shown"
    )

    left = one_face_a_cell(free, FACES, CELLS, IDS)

    assert left.allowed[:, 3].all()
    assert (left.allowed[:, 0] == left.allowed[:, 1]).all()
    assert (left.allowed[:, 0] ^ left.allowed[:, 2]).all()
    for cell in set(CELLS):
        rows = [at for at, name in enumerate(CELLS) if name == cell]
        assert len({tuple(left.allowed[row]) for row in rows}) == 1
        assert left.by_cell[cell] == ("5 %" if left.allowed[rows[0], 0] else "10 %")
    guarded = plan(EFFECTS, TIERS, STAGES, OFFERS, budget, allowed=left.allowed).choice.value
    every = []
    for high, low in product(("5 %", "10 %"), repeat=2):
        keeps = {"high decline": high, "low decline": low}
        allowed = np.array([[face in {"", keeps[cell]} for face in FACES] for cell in CELLS])
        every.append(plan(EFFECTS, TIERS, STAGES, OFFERS, budget, allowed=allowed).choice.value)
    assert guarded == max(every)
    assert guarded <= free.choice.value


def test_where_there_is_one_face_nothing_is_guarded() -> None:
    """And a cell to which only one face is open has had no choice."""
    free = plan(EFFECTS, TIERS, STAGES, OFFERS[:2], 60.0)
    assert one_face_a_cell(free, FACES[:2], CELLS, IDS).allowed.all()
    allowed = np.array([[True, True, tier == "high", True] for tier in TIERS])
    some = one_face_a_cell(plan(EFFECTS, TIERS, STAGES, OFFERS, 60.0, allowed=allowed), FACES, CELLS, IDS)
    assert list(some.by_cell) == ["high decline"]
