r"""
How customers answer messages, and what is to be expected of each message.

**What a message does.** A message about playbook k, delivered on day d to customer i, perhaps with a coupon
of c percent that is valid to day w, ends in exactly one of four ways, by one draw:

======== ================================ =================================================================
way      chance                           what happens
======== ================================ =================================================================
extra    e = E a_i v (m_k + o_k g_i s)    one more order on day d + L, of his usual spend, less the coupon
pulled   p = P a_i p_k (1 + g_i s)        his next order, if it lies within 45 days, comes on day d + L at
                                          the latest, less the coupon; if there is none, nothing happens
deterred h = H b_i 0.2 (1 - s / 2)        his next order, if it lies within 30 days, does not come at all
none     1 - e - p - h                    with a coupon, his next order, if it lies within its validity,
                                          redeems it with chance R (0.3 + 0.7 g_i), at most 1: a subsidy,
                                          for he came anyway
======== ================================ =================================================================

a_i is his liking of being written to (0 for those whom it annoys, for whom b_i = 1), g_i his liking of
bargains, v = 1 while he is alive and the playbook's small revival factor after that, s = 1 - exp(-c / 10)
the pull of the coupon, 0 without one. m, o, p and v differ by playbook; E, P, H and R are the factors of
``Responses``, by which a shop without effect, or with nothing but subsidies, is made. If e + p + h would
pass 0.95, they are scaled down to it. The lag L is geometric, truncated at 13 days and at the validity.
"Next order" is the first order from day d on that would come anyway and that no message has touched yet.

**What is measured.** Per customer assigned on day A: Y = the net amounts (less what was refunded by
``until``) of the orders of days A+1 .. ``until``, times a margin rate. The estimate is the mean of Y of the
treated less that of the control. Write Y_n for what Y is when n messages of the customer have acted, Y_0
being the orders that come anyway; these are drawn beforehand and depend on no message. Then

.. math:: Y_N - Y_0 = \sum_{n=1}^{N} (Y_n - Y_{n-1}), \qquad
          \varepsilon_n = E[\,Y_n - Y_{n-1} \mid F_{n-1}\,],

where F_{n-1} holds the orders that come anyway, the traits, and how the first n-1 messages ended. Whether
the n-th message is delivered, and when, is decided by the product from what it has seen by then: it is
known given F_{n-1}, so that (Y_n - Y_{n-1}) - epsilon_n are differences of a martingale and

.. math:: E[Y(\text{treated}) - Y(\text{untreated})] = E\Big[\sum_{n \le N} \varepsilon_n\Big]

however the product chooses: by exits after an order (fewer later messages), caps, quiet hours, or losing
to another playbook. The draws of the n-th message are new, so that epsilon_n is a finite sum over its
lags, given in ``expected_effects``; the net amount of an extra order, placed u days before ``until``, is
expected to be its paid amount times ``kept_share(u)``. The truth of a playbook is the mean over its treated
customers of the sum of epsilon_n over its messages of days A+1 .. ``until``; since arms are drawn at random
it is, in expectation, the mean over all who were assigned. Messages of other playbooks go to both arms; what
a playbook changes in them (a customer who has ordered does not fall silent) is the difference of the arms'
means of their epsilon_n.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evergrove.simulation.world import CHANNELS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evergrove.models.types import Floats
    from evergrove.simulation.types import Flags, Integers

LONGEST_LAG = 13  # days
LAG_DECAY = 0.75  # each day's chance to wait one more
PULL_WINDOW, DETER_WINDOW = 45, 30  # days
DETERRED = 0.20
MOST = 0.95  # chance that a message changes anything
ANNOYED = 0.15  # share of customers
CONTACT_SHAPE = 1.0
DEAL_SHAPE = 2.5
# How fond of bargains the customers of a channel are; what can be seen of g.
DEALS = {"Douyin live": 0.60, "Paid ads": 0.50, "Xiaohongshu": 0.40}
OTHER_DEALS = 0.30


@dataclass(frozen=True)
class Responses:
    """
    Factors on the chances of each way in which a message may end; 0 switches one off.

    Attributes:
        extra: On orders that would not have come.
        pulled: On orders that come earlier.
        deterred: On orders that do not come because the message annoyed.
        redeemed: On coupons redeemed by orders that would have come anyway.
    """

    extra: float = 1.0
    pulled: float = 1.0
    deterred: float = 1.0
    redeemed: float = 1.0

    def scaled(self, factor: float) -> Responses:
        """The same with every chance multiplied."""
        return Responses(*(factor * value for value in vars(self).values()))


NO_EFFECT = Responses(0.0, 0.0, 0.0, 0.0)
ONLY_PULLED = Responses(extra=0.0, pulled=6.0, deterred=0.0, redeemed=0.0)
ONLY_SUBSIDY = Responses(extra=0.0, pulled=0.0, deterred=0.0, redeemed=1.0)


@dataclass(frozen=True)
class Reaction:
    """
    How the customers of one playbook react.

    Attributes:
        message: m, chance of an extra order from any message.
        offer: o, more of it from a large coupon, for those most fond of bargains.
        pulled: p, chance that the next order comes early.
        revival: v of those who have left.
    """

    message: float
    offer: float
    pulled: float
    revival: float


REACTIONS = {
    "L2": Reaction(message=0.040, offer=0.40, pulled=0.06, revival=0.40),
    "T1b": Reaction(message=0.080, offer=0.45, pulled=0.10, revival=0.10),
    "L5": Reaction(message=0.060, offer=0.45, pulled=0.05, revival=0.30),
}
ANY_REACTION = Reaction(message=0.02, offer=0.20, pulled=0.05, revival=0.20)


@dataclass(frozen=True, eq=False)
class Traits:
    """
    What decides how customers answer, shape (n,) each.

    Attributes:
        contact: a, liking of being written to, mean 1 among those who are not annoyed.
        annoyed: b.
        deal: g, liking of bargains, in [0, 1].
    """

    contact: Floats
    annoyed: Flags
    deal: Floats


@dataclass(frozen=True, eq=False)
class Chances:
    """Of each message, shape (k,) each: how it may end, and whether a coupon is redeemed if it ends in none."""

    extra: Floats
    pulled: Floats
    deterred: Floats
    redeemed: Floats

    @property
    def none(self) -> Floats:
        """Chance that no order is added, moved or lost."""
        return 1.0 - self.extra - self.pulled - self.deterred


def draw_traits(channel: Integers, random: np.random.Generator) -> Traits:
    """Draw how customers answer; ``channel`` is a position in ``world.CHANNELS``, shape (n,)."""
    number = len(channel)
    annoyed = random.random(number) < ANNOYED
    mean = np.array([DEALS.get(c.name, OTHER_DEALS) for c in CHANNELS])[channel]
    contact = random.standard_gamma(CONTACT_SHAPE, number) / CONTACT_SHAPE
    return Traits(
        contact=np.where(annoyed, 0.0, contact),
        annoyed=annoyed,
        deal=random.beta(DEAL_SHAPE * mean, DEAL_SHAPE * (1 - mean)),
    )


def chances(
    responses: Responses, playbook: NDArray[np.str_], traits: Traits, alive: Flags, percent: Floats
) -> Chances:
    """
    How messages may end: the table above.

    Args:
        responses: Factors of the shop.
        playbook: Key of each message's playbook, shape (k,).
        traits: Of each message's customer, shape (k,).
        alive: Whether he is, shape (k,).
        percent: Of the coupon, 0 without one; shape (k,).
    """
    message, offer, pulled, revival = _of_playbooks(playbook)
    pull = -np.expm1(-percent / 10)
    vigour = np.where(alive, 1.0, revival)
    ways = np.stack(
        [
            responses.extra * traits.contact * vigour * (message + offer * traits.deal * pull),
            responses.pulled * traits.contact * pulled * (1 + traits.deal * pull),
            responses.deterred * traits.annoyed * DETERRED * (1 - pull / 2),
        ]
    )
    redeemed = np.where(percent > 0, responses.redeemed * (0.3 + 0.7 * traits.deal), 0.0)
    extra, pulled, deterred = ways * (MOST / np.maximum(ways.sum(axis=0), MOST))
    return Chances(extra, pulled, deterred, np.minimum(redeemed, 1.0))


def lag_weights(longest: Integers) -> Floats:
    """Chances of the lags 0 .. LONGEST_LAG, given the longest of each message; shape (k, LONGEST_LAG + 1)."""
    lag = np.arange(LONGEST_LAG + 1)
    weights = np.where(lag <= longest[:, None], LAG_DECAY**lag, 0.0)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def lags(longest: Integers, uniform: Floats) -> Integers:
    """The lag of each message by inversion of ``lag_weights``; shape (k,)."""
    reached = -np.expm1((longest + 1) * np.log(LAG_DECAY))
    waited = np.floor(np.log1p(-uniform * reached) / np.log(LAG_DECAY)).astype(np.int64)
    return np.asarray(np.clip(waited, 0, longest))


def _of_playbooks(playbook: NDArray[np.str_]) -> tuple[Floats, Floats, Floats, Floats]:
    """Parameters of each message's playbook, shape (k,) each."""
    keys, place = np.unique(playbook, return_inverse=True)
    rows = [REACTIONS.get(str(key), ANY_REACTION) for key in keys]
    message, offer, pulled, revival = (
        np.array([getattr(row, name) for row in rows], dtype=np.float64)[place]
        for name in ("message", "offer", "pulled", "revival")
    )
    return message, offer, pulled, revival
