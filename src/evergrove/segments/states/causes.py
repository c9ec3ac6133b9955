"""Why a customer moved: by our doing, by what he did, or by time alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from evergrove.segments.codes import NO_CODE, Cause

if TYPE_CHECKING:
    from datetime import date

    from evergrove.segments.states.place import States
    from evergrove.segments.states.roster import News
    from evergrove.segments.types import Bools, Codes

Column = Literal["tier", "stage", "realised_tier", "ranks"]


@dataclass(frozen=True, eq=False)
class Would:
    """
    Where everybody would stand today had nothing of ours changed since the last run.

    Attributes:
        unchanged: Under the settings, models and yardsticks of the last run.
        blame: What changed, where only one did: ``Cause.POLICY`` or ``Cause.MODEL``.
        old_policy: Under the settings of the last run and the models of today; None unless both changed.
    """

    unchanged: States
    blame: Cause
    old_policy: States | None = None

    def ours(self, column: Column, here: Codes, among: Bools) -> Codes:
        """
        Who would stand elsewhere, and by what he stands here: POLICY, MODEL, or NO_CODE. Shape (N,).

        Elsewhere includes a third place: the move that was made is our doing all the same.

        Args:
            column: What is compared.
            here: Where they stand. Shape (N,).
            among: Who is looked at. Shape (N,).
        """
        differs = among & (getattr(self.unchanged, column) != here)
        blame = np.full(len(here), self.blame, dtype=np.int8)
        if self.old_policy is not None:
            by_policy = getattr(self.old_policy, column) != here
            blame = np.where(by_policy, np.int8(Cause.POLICY), np.int8(Cause.MODEL))
        return np.where(differs, blame, np.int8(NO_CODE))


def caught_up(news: News, previous_day: date, late_days: int) -> Bools:
    """
    Of whom there is news, all of it history: dated more than ``late_days`` before the last run's day.

    Who is new to the workspace with such facts only is among them. Shape (n,).
    """
    return (news.facts > 0) & (news.last_day < np.datetime64(previous_day, "D") - late_days)


def causes(late: Bools, ours: Codes, told: Bools, corrected: Codes | None = None) -> Codes:
    """
    The cause of a change, for customers after a first run. Shape (N,).

    In this order: what corrects our picture of the customer; history caught up on; our settings; our models; facts of
    the customer; the clock.

    Args:
        late: From ``caught_up``.
        ours: From ``Would.ours``.
        told: Of whom there is news at all.
        corrected: As for ``transitions_between``.
    """
    own = np.where(told, np.int8(Cause.EVIDENCE), np.int8(Cause.CLOCK))
    why = np.where(late, np.int8(Cause.BACKFILL), np.where(ours != NO_CODE, ours, own))
    return why if corrected is None else np.where(corrected != NO_CODE, corrected, why)
