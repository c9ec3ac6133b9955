"""The value ledger part by part: by tier and stage at the assignment, month of assignment, coupon, period. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from evergrove.measurement.costs import NOTHING_PAID, total
from evergrove.measurement.rules import measured_of
from evergrove.measurement.types import PROGRAMME

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from decimal import Decimal

    from evergrove.measurement.costs import Place, Sent
    from evergrove.measurement.rules import Question
    from evergrove.measurement.types import By, Cell, Measured

ANY_PLAYBOOK = ""
"""In the place of the playbook where all that give a coupon are counted together."""


@dataclass(frozen=True)
class Part:
    """
    One row of the value ledger's parts. Rows do not add up: each is compared within itself.

    Attributes:
        by: What the parts differ in.
        name: Of the part: a tier, a stage, a month as YYYY-MM, a period of the global control, a coupon.
        measured: The same figures as of the whole; ``playbook`` is empty by coupon.
    """

    by: By
    name: str
    measured: Measured


def measured_parts(
    cells: Sequence[Cell],
    question: Question,
    sent: Mapping[Place, Sent],
    coupons: Mapping[str, Sequence[str]],
) -> Iterator[Part]:
    """
    Every part in which anybody was assigned.

    Args:
        cells: Sums by layer, stratum, arm and month.
        question: The same for all.
        sent: Messages and their cost by where people stood at the assignment.
        coupons: Names of the coupons that each playbook gives.
    """
    groups: dict[tuple[str, By, str], list[Cell]] = defaultdict(list)
    for cell in cells:
        for by, name in _places(cell):
            groups[cell.layer_key, by, name].append(cell)
    for (key, by, name), group in sorted(groups.items(), key=lambda each: each[0]):
        value = group[0].month if by == "month" else name
        yield Part(by, name, measured_of(key, group, question, *total(sent, playbook=key, **{by: value})))
    yield from _by_coupon(cells, question, sent, coupons)


def _places(cell: Cell) -> Iterator[tuple[By, str]]:
    yield "tier", cell.tier
    yield "stage", cell.stage
    yield "month", f"{cell.month:%Y-%m}"
    if cell.layer_key == PROGRAMME:
        yield "period", cell.period


def _by_coupon(
    cells: Sequence[Cell],
    question: Question,
    sent: Mapping[Place, Sent],
    coupons: Mapping[str, Sequence[str]],
) -> Iterator[Part]:
    """All playbooks that give a coupon; like is still compared with like, within each."""
    for name in sorted({coupon for given in coupons.values() for coupon in given}):
        giving = [key for key, given in coupons.items() if name in given]
        # A playbook takes the place of a period: its people are a draw of their own.
        group = [replace(cell, period=cell.layer_key) for cell in cells if cell.layer_key in giving]
        if group:
            yield Part("coupon", name, measured_of(ANY_PLAYBOOK, group, question, *_together(sent, giving)))


def _together(sent: Mapping[Place, Sent], playbooks: Sequence[str]) -> tuple[int, Decimal]:
    parts = [total(sent, playbook=key) for key in playbooks]
    return sum(each[0] for each in parts), NOTHING_PAID + sum(each[1] for each in parts)
