"""Budgets and caps, as given, to rows of numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evergrove.decisions.choice.errors import ChannelUnknown, LimitBelowNothing, ShapesDiffer
from evergrove.decisions.choice.types import Limit, Limits

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def limits_of(
    actions: int,
    budget: float | None = None,
    channels: Sequence[str] | None = None,
    channel_budgets: Mapping[str, float] | None = None,
    most_contacts: float | None = None,
    most_by_channel: Mapping[str, float] | None = None,
) -> Limits:
    """
    All limits of one choice; what is None or infinite limits nothing and is left away.

    Args:
        actions: How many columns there are, k.
        budget: Money for everything.
        channels: Channel of every action; k of them.
        channel_budgets: Channel -> money.
        most_contacts: Contacts in all.
        most_by_channel: Channel -> contacts.

    Raises:
        ShapesDiffer: There is not one channel an action.
        ChannelUnknown: A limit names a channel that no action goes over.
        LimitBelowNothing: A limit is negative, or no number.
    """
    if channels is not None and len(channels) != actions:
        raise ShapesDiffer(name="channels", shape=(len(channels),), expected=(actions,))
    each = [
        *_given("budget", {None: budget}),
        *_given("channel_budget", channel_budgets or {}),
        *_given("cap", {None: most_contacts}),
        *_given("channel_cap", most_by_channel or {}),
    ]
    over = np.array([_columns(limit, channels, actions) for limit in each]).reshape(len(each), actions)
    money = np.array([limit.counts_money for limit in each], dtype=bool).reshape(-1, 1)
    return Limits(tuple(each), over * money, over * ~money, np.array([limit.most for limit in each]))


def _given(
    kind: str, limits: Mapping[str, float] | Mapping[None, float | None] | Mapping[str | None, float | None]
) -> list[Limit]:
    found = []
    for channel, most in limits.items():
        if most is None or most == np.inf:
            continue
        limit = Limit(kind, channel, float(most))  # type: ignore[arg-type]
        if not limit.most >= 0.0:
            raise LimitBelowNothing(name=limit.name, most=most)
        found.append(limit)
    return found


def _columns(limit: Limit, channels: Sequence[str] | None, actions: int) -> list[float]:
    """1 for every action that a limit counts."""
    if limit.channel is None:
        return [1.0] * actions
    known = channels or ()
    if limit.channel not in known:
        raise ChannelUnknown(channel=limit.channel, known=tuple(sorted(set(known))))
    return [float(channel == limit.channel) for channel in known]
