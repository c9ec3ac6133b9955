"""A simulated shop and a workspace live together, day by day, through the verbs that the commands call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import select

from evergrove.campaigns import assignment
from evergrove.core import _
from evergrove.ingest import ReadOptions
from evergrove.measurement import PROGRAMME
from evergrove.outbox import OUTBOX
from evergrove.simulation import Coupon, Delivery
from evergrove.simulation.response import REACTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from evergrove.app.workspace import Workspace
    from evergrove.core import SetClock
    from evergrove.delivery import Channel
    from evergrove.ledger import Ledger
    from evergrove.simulation import LivingShop, TrueEffect

SEND_AT, RUN_AT = time(12), time(2)
"""Hours of the shop: messages leave at noon, the night runs at two."""
READ = ReadOptions()


class Post(Protocol):
    """Where the workspace's messages go, and which of them arrived."""

    @property
    def channel(self) -> Channel:
        """What the workspace sends through."""
        ...

    def collect(self) -> list[str]:
        """Ids of the outbox rows whose messages have arrived since the last time."""
        ...


@dataclass(frozen=True)
class Life:
    """
    A workspace beside its simulated shop.

    Attributes:
        workspace: On ``clock``.
        shop: Its customers answer messages.
        clock: Set from hour to hour.
        files: Folder for what the shop exports.
    """

    workspace: Workspace
    shop: LivingShop
    clock: SetClock
    files: Path

    def begin(self, announce: Callable[[str], None]) -> None:
        """History and customers in, a first night, and the playbooks started that its customers react to."""
        self._set(self.shop.first_day, RUN_AT)
        self.files.mkdir(parents=True, exist_ok=True)
        history, customers = self.files / "history.csv", self.files / "customers.csv"
        self.shop.write_history(history)
        self.shop.write_customers(customers)
        announce(_("Bringing in three years of orders"))
        self.workspace.ingest([history], READ)
        self.workspace.ingest_customers([customers], READ)
        self.workspace.run(self.shop.options.as_of, announce=announce)
        for each in self.workspace.playbooks():
            if each.playbook.key in REACTIONS:  # others the shop's customers would not answer
                self.workspace.try_playbook(each.playbook.key)
                self.workspace.start(each.playbook.key)

    def day(self, day: date, post: Post) -> None:
        """One day: messages leave and are answered, the day's orders come in, the night runs."""
        self._set(day, SEND_AT)
        self.workspace.send(channel=post.channel)
        self.shop.receive(day, deliveries(self.workspace.ledger, post.collect()))
        orders, customers = self.files / f"{day}.csv", self.files / f"{day}-customers.csv"
        self.shop.write_day(day, orders)
        self.shop.write_customers(customers, since=day - timedelta(days=1), until=day)
        self._set(day + timedelta(days=1), RUN_AT)
        if _has_rows(orders):
            self.workspace.ingest([orders], READ)
        if _has_rows(customers):
            self.workspace.ingest_customers([customers], READ)
        self.workspace.run(day, checks=False)

    @property
    def days(self) -> list[date]:
        """All days that the shop lives."""
        first = self.shop.first_day
        return [first + timedelta(days=nth) for nth in range(self.shop.options.days)]

    def all_orders(self) -> Path:
        """Everything that the shop has exported so far as one file: an order that has changed stands in it twice."""
        exports = [self.files / "history.csv", *(self.files / f"{day}.csv" for day in self.days)]
        whole = self.files / "orders.csv"
        with whole.open("wb") as written:
            for nth, export in enumerate(path for path in exports if path.exists()):
                head, _end, rows = export.read_bytes().partition(b"\n")
                written.write(head + b"\n" + rows if nth == 0 else rows)
        return whole

    def truth(self, playbook: str) -> TrueEffect:
        """What a playbook was to be expected to change per customer, over the days that are measured."""
        value = self.workspace.settings.value
        treated, control = (self._assigned(playbook, arm) for arm in ("treated", "control"))
        return self.shop.truth(
            None if playbook == PROGRAMME else playbook,
            treated,
            self.shop.last_day,
            margin=1.0 if value.margin is None else value.margin,
            control=control,
        )

    def _assigned(self, playbook: str, arm: str) -> dict[str, date]:
        """Customers of one arm who can have been affected, with the day of their assignment."""
        rows = select(assignment.c.customer_id, assignment.c.as_of)
        layer = (
            assignment.c.layer == "global" if playbook == PROGRAMME else assignment.c.layer_key == playbook
        )
        rows = rows.where(layer, assignment.c.arm == arm)
        with self.workspace.ledger.reading() as connection:
            found = connection.execute(rows.where(assignment.c.as_of < self.shop.last_day))
            return {str(row.customer_id): row.as_of for row in found}

    def _set(self, day: date, hour: time) -> None:
        zone = self.workspace.settings.value.zone
        self.clock.moment = datetime.combine(day, hour, zone)


def deliveries(ledger: Ledger, ids: Collection[str]) -> list[Delivery]:
    """What arrived, as the shop's customers see it."""
    arrived = set(ids)
    rows = select(OUTBOX.c.id, OUTBOX.c.customer_id, OUTBOX.c.playbook, OUTBOX.c.step, OUTBOX.c.params)
    with ledger.reading() as connection:
        return [
            Delivery(row.customer_id, row.playbook, row.step, _coupon(row.params))
            for row in connection.execute(rows.where(OUTBOX.c.state == "accepted"))
            if row.id in arrived
        ]


def _has_rows(export: Path) -> bool:
    """A day can pass without an order, and without a new customer; there is nothing to bring in then."""
    return len(export.read_bytes().splitlines()) > 1


def _coupon(params: dict[str, Any]) -> Coupon | None:
    if "coupon" not in params:
        return None
    return Coupon(float(params["coupon_value"]), date.fromisoformat(params["valid_until"]))
