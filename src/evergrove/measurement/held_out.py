"""Whether a customer is held out: of the whole programme, and of single playbooks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import select

from evergrove.campaigns import assignment
from evergrove.campaigns.control import begins, chance_of, period_of
from evergrove.people.identity import members_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection, Row

    from evergrove.campaigns.control import Arm, Layer
    from evergrove.settings import OutreachSettings


@dataclass(frozen=True)
class Held:
    """
    One layer as a customer stands in it.

    Attributes:
        layer: "global", of all playbooks together; or "playbook".
        key: The period of the global control, or the playbook.
        arm: "treated" or "control"; control is held out.
        probability: Of being treated.
        since: ``as_of`` of the assignment; None: not assigned yet, and the arm is what the coin will show.
        begins: First day of the period; None for a playbook and for the one period of all time.
        is_current: Whether it decides now: of the global control only the running period does.
    """

    layer: Layer
    key: str
    arm: Arm
    probability: float
    since: date | None
    begins: date | None
    is_current: bool


@dataclass(frozen=True)
class HeldOut:
    """
    The answer.

    Attributes:
        customer_id: As asked.
        as_of: The day for which it holds.
        is_held_out: Whether no playbook writes to the customer in this period.
        layers: Of the global control, the newest first; then playbooks by key.
    """

    customer_id: str
    as_of: date
    is_held_out: bool
    layers: tuple[Held, ...]

    @property
    def held_playbooks(self) -> tuple[str, ...]:
        """Playbooks of which the customer is a control."""
        return tuple(each.key for each in self.layers if each.layer == "playbook" and each.arm == "control")


def held_out(connection: Connection, settings: OutreachSettings, customer_id: str, as_of: date) -> HeldOut:
    """
    In which arms a customer stands; of the running period also where nothing has been decided for the customer yet.

    The coin is a hash, and shows before it is thrown what it will show, unless share, salt or period are changed first.

    Args:
        connection: Of any block.
        settings: Control share, salt and rotation.
        customer_id: Any id of the person.
        as_of: The last day whose orders are known.
    """
    members = set().union(*members_of(connection, [customer_id]).values()) or {customer_id}
    query = select(assignment).where(assignment.c.customer_id.in_(sorted(members)))
    rows = connection.execute(query.order_by(assignment.c.as_of, assignment.c.customer_id)).all()
    now = period_of(as_of, settings.rotate_months)
    everybody = {row.layer_key: row for row in reversed(rows) if row.layer == "global"}
    layers = [_held(row, is_current=key == now) for key, row in everybody.items()]
    if now not in everybody:
        layers.append(_coming(settings, now, customer_id))
    layers.sort(key=lambda each: each.begins or date.min, reverse=True)
    own = {row.layer_key: row for row in reversed(rows) if row.layer == "playbook"}
    layers += [_held(own[key], is_current=True) for key in sorted(own)]
    return HeldOut(customer_id, as_of, _is_held(layers), tuple(layers))


def _is_held(layers: Iterable[Held]) -> bool:
    return any(each.layer == "global" and each.is_current and each.arm == "control" for each in layers)


def _held(row: Row[tuple[object, ...]], *, is_current: bool) -> Held:
    return Held(row.layer, row.layer_key, row.arm, row.probability, row.as_of, _begins(row), is_current)


def _begins(row: Row[tuple[object, ...]]) -> date | None:
    return _first_day(row.layer_key) if row.layer == "global" else None


def _first_day(period: str) -> date | None:
    first = begins(period)
    return None if first == date.min else first


def _coming(settings: OutreachSettings, period: str, customer_id: str) -> Held:
    chance = chance_of(settings.salt, "global", period, customer_id)
    arm: Arm = "control" if chance < settings.global_control else "treated"
    return Held(
        "global", period, arm, 1.0 - settings.global_control, None, _first_day(period), is_current=True
    )
