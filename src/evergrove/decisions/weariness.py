"""What a message costs by those whom it drives off its channel: their later contacts, so far as these bring anything."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import distinct, func, select

from evergrove.decisions.choice.fatigue import DAYS_PER_YEAR, fatigue_cost, future_contacts
from evergrove.outbox import OUTBOX
from evergrove.outbox.types import LEFT
from evergrove.people.consent.kinds import ANY
from evergrove.people.tables import consent_event

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection

LOOKED_BACK_DAYS = 90
LEAST_MESSAGES = 1000
"""Of a channel that has carried fewer lately, it is not known how many it drives away."""
HORIZON_DAYS = 730.0
"""Contacts that lie further ahead are not counted as lost."""
LEAVING = ("unsubscribe", "complaint")
"""Sources of a word that takes consent back because of a message."""


@dataclass(frozen=True)
class Carried:
    """
    What a channel has carried lately.

    Attributes:
        messages: That left.
        people: To whom.
        left: Who took their consent back because of a message.
        begun: First messages by playbook.
    """

    messages: int
    people: int
    left: int
    begun: Mapping[str, int] = field(default_factory=dict)

    @property
    def hazard(self) -> float:
        """Chance that one message makes somebody leave."""
        return min(1.0, self.left / self.messages)

    @property
    def per_year(self) -> float:
        """Playbooks that somebody who is written to enters in a year."""
        return sum(self.begun.values()) / self.people * DAYS_PER_YEAR / LOOKED_BACK_DAYS

    def lost(self, window_days: float, discount_rate: float) -> float:
        """
        What one message costs, for each unit of profit of a later contact.

        Args:
            window_days: Over which an effect is counted; contacts within it are not lost.
            discount_rate: Effective annual rate.
        """
        later = future_contacts(
            1.0,
            self.per_year,
            window_days=window_days,
            horizon_days=HORIZON_DAYS,
            annual_discount_rate=discount_rate,
            yearly_loss=self.hazard * self.messages / self.people * DAYS_PER_YEAR / LOOKED_BACK_DAYS,
        )
        return float(fatigue_cost(self.hazard, later))


def carried(connection: Connection, now: datetime) -> dict[str, Carried]:
    """
    What channels have carried lately; those that have carried too little to say are left out.

    Args:
        connection: Of any block.
        now: The present moment.
    """
    since, row = now - timedelta(days=LOOKED_BACK_DAYS), OUTBOX.c
    lately = (row.queued_at >= since) & row.state.in_(LEFT) & (row.arm == "treated")
    sums = select(row.channel, func.count(), func.count(distinct(row.customer_id))).where(lately)
    firsts = select(row.channel, row.playbook, func.count()).where(lately, row.step == 0)
    begun: dict[str, dict[str, int]] = defaultdict(dict)
    for channel, playbook, count in connection.execute(firsts.group_by(row.channel, row.playbook)):
        begun[channel][playbook] = int(count)
    left = _left(connection, since)
    return {
        channel: Carried(int(messages), int(people), left.get(channel, 0) + left.get(ANY, 0), begun[channel])
        for channel, messages, people in connection.execute(sums.group_by(row.channel))
        if messages >= LEAST_MESSAGES
    }


def _left(connection: Connection, since: datetime) -> dict[str, int]:
    """People who took their consent back because of a message, by the channel they named."""
    row = consent_event.c
    query = select(row.channel, func.count(distinct(row.customer_id))).where(
        row.source.in_(LEAVING), row.status == "revoked", row.given_at >= since
    )
    return {channel: int(people) for channel, people in connection.execute(query.group_by(row.channel))}
