"""What has happened between two runs, as playbooks hear of it: where people stand, and how they came there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date

    from numpy.typing import NDArray
    from sqlalchemy import Connection


@dataclass(frozen=True)
class Move:
    """
    Where a person stood at the last run and stands now, on one axis.

    Attributes:
        customer_id: Of the person.
        axis: tier or stage.
        before: Empty for nowhere.
        after: The same.
        cause: As in ``transitions``.
        on: The shop's day of the last step.
    """

    customer_id: str
    axis: str
    before: str
    after: str
    cause: str
    on: date


class News(Protocol):
    """Who knows what was heard since the last run."""

    def standing(self, connection: Connection, people: Collection[str]) -> Mapping[str, Mapping[str, Any]]:
        """Columns of ``scores`` and ``tiers`` of those of some people of whom something was heard."""
        ...

    def moves(self, connection: Connection, run_id: int) -> Sequence[Move]:
        """Who stands elsewhere than a run had left them."""
        ...


@dataclass(frozen=True, eq=False)
class MovesSince:
    """Moves as playbooks look at them; arrays of shape (m,)."""

    customer_id: NDArray[Any]
    axis: NDArray[Any]
    from_: NDArray[Any]
    to_: NDArray[Any]
    cause: NDArray[Any]


def as_arrays(moves: Sequence[Move]) -> MovesSince:
    """The same as arrays."""

    def column(name: str) -> NDArray[Any]:
        return np.array([getattr(each, name) for each in moves], dtype=object)

    return MovesSince(*(column(name) for name in ("customer_id", "axis", "before", "after", "cause")))
