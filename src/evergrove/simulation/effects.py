"""What each message was to be expected to change, and from it the true effect of a playbook."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evergrove.simulation.fates import kept_share
from evergrove.simulation.response import (
    DETER_WINDOW,
    LONGEST_LAG,
    PULL_WINDOW,
    Chances,
    lag_weights,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from evergrove.models.types import Floats
    from evergrove.simulation.book import Next
    from evergrove.simulation.coming import Coming
    from evergrove.simulation.types import Flags, Integers


@dataclass(frozen=True, eq=False)
class Sent:
    """
    Messages that were delivered, and the state in which they met their customers; shape (k,) each.

    Attributes:
        customer: Who received it; the row in ``People``.
        day: On which he did.
        playbook: Key of the playbook.
        step: Of the playbook.
        off: Share that the coupon takes off, 0 without one.
        last_day: On which the coupon is valid.
        longest_lag: Days after which nobody answers any more.
        worth: Amount to be expected of an extra order, less the coupon; in currency.
        chances: How the message may end.
        next: The order that would come next.
    """

    customer: Integers
    day: Integers
    playbook: NDArray[np.str_]
    step: Integers
    off: Floats
    last_day: Integers
    longest_lag: Integers
    worth: Floats
    chances: Chances
    next: Next

    def __len__(self) -> int:
        return len(self.customer)

    @property
    def may_pull(self) -> Flags:
        """Whether the next order is near enough to be pulled forward."""
        return self.next.within(self.day + PULL_WINDOW)

    @property
    def may_deter(self) -> Flags:
        """Whether the next order is near enough to be lost."""
        return self.next.within(self.day + DETER_WINDOW)

    @property
    def may_redeem(self) -> Flags:
        """Whether the next order comes while the coupon is valid."""
        return (self.off > 0) & self.next.within(self.last_day)


@dataclass(frozen=True)
class TrueEffect:
    """
    What a playbook was to be expected to change per customer, by the days measured.

    Attributes:
        playbook: Its key; None for all playbooks together.
        people: Treated customers.
        messages: Delivered to them.
        effect: Expected incremental margin per treated customer, ``elsewhere`` included.
        elsewhere: Of it, what came by other playbooks' messages, more or fewer of which the treated
            received; 0 where no control was given to compare with.
        harmed: Share of the treated of whom less was to be expected for being treated.
    """

    playbook: str | None
    people: int
    messages: int
    effect: float
    elsewhere: float
    harmed: float


def expected_effects(sent: Sent, anyway: Coming, until: int) -> Floats:
    r"""
    Expected change of the net amounts known at the end of a day, by each message; epsilon in ``response``.

    .. math::

        \varepsilon = e\, w \sum_l \pi_l K(t - d - l)
            + p \sum_l \pi_l \left[(1 - c) N(\min(v, d + l)) - N(v)\right]
            - h N(v) - (1 - e - p - h) \rho c N(v)

    with t = ``until``, d the message's day, c the share off, w the expected amount of an extra order,
    :math:`\pi_l` the chances of the lags, K the share kept, v the day of the next order and N(u) its net
    amount at t had it been placed on day u. Terms whose next order lies too far ahead are 0.

    Args:
        sent: The messages, shape (k,).
        anyway: The orders that come anyway.
        until: Last day that counts.

    Returns:
        Expectations in currency, shape (k,).
    """
    weights = lag_weights(sent.longest_lag)
    answered = sent.day[:, None] + np.arange(LONGEST_LAG + 1)
    off, row, day, ways = sent.off, sent.next.row, sent.next.day, sent.chances
    extra = sent.worth * (weights * kept_share(until - answered)).sum(axis=1)
    if not len(anyway):
        return np.asarray(ways.extra * extra)
    as_it_comes = anyway.net(row, day, until)
    early = anyway.net(row, np.minimum(day[:, None], answered), until)
    pulled = (1 - off) * (weights * early).sum(axis=1) - as_it_comes
    return np.asarray(
        ways.extra * extra
        + ways.pulled * np.where(sent.may_pull, pulled, 0.0)
        - ways.deterred * np.where(sent.may_deter, as_it_comes, 0.0)
        - ways.none * ways.redeemed * np.where(sent.may_redeem, off * as_it_comes, 0.0)
    )


def summed_effects(
    batches: Sequence[Sent], anyway: Coming, since: Integers, until: int, playbook: str | None
) -> tuple[Floats, Floats, int]:
    """
    Expected changes of each customer, by messages of his days after ``since``.

    Args:
        batches: Messages in the order of their delivery.
        anyway: The orders that come anyway.
        since: Day on which each customer was assigned; a day past ``until`` for those who were not. (n,).
        until: Last day that counts.
        playbook: Whose messages are its own; None for all.

    Returns:
        By the playbook's messages and by all others, in currency, shape (n,) each; and the number of the
        former.
    """
    own, others = np.zeros(len(since)), np.zeros(len(since))
    messages = 0
    for sent in batches:  # one a day, not one a customer
        counts = (sent.day > since[sent.customer]) & (sent.day <= until)
        its = counts & ((sent.playbook == playbook) if playbook is not None else counts)
        effect = expected_effects(sent, anyway, until)
        own += np.bincount(sent.customer[its], effect[its], minlength=len(since))
        others += np.bincount(sent.customer[counts & ~its], effect[counts & ~its], minlength=len(since))
        messages += int(its.sum())
    return own, others, messages
