"""Workspaces beside a small simulated shop, and what two of them are compared by."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from evergrove.app import create_workspace, open_workspace
from evergrove.app.weeks import Life
from evergrove.core import SetClock
from evergrove.delivery import MemoryChannel
from evergrove.ledger import metadata
from evergrove.simulation import LivingOptions, LivingShop

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from sqlalchemy import Table

    from evergrove.ledger import Ledger

CHOSEN = {
    "value": {"currency": "CNY", "timezone": "Asia/Shanghai"},
    "outreach": {"salt": "a test's own"},
    "mail": {"sender": "shop@shop.example", "unsubscribe": "mailto:shop@shop.example"},
}
BEFORE = datetime(2026, 1, 1, tzinfo=UTC)


def silent(_stage: str) -> None:
    """Announce nothing."""


@dataclass
class MemoryPost:
    """Every message arrives, at once."""

    channel: MemoryChannel = field(default_factory=MemoryChannel)
    seen: int = 0

    def collect(self) -> list[str]:
        """Ids of the outbox rows whose messages have arrived since the last time."""
        new = self.channel.mails[self.seen :]
        self.seen += len(new)
        return [mail.outbox_id for mail in new]


@contextmanager
def living(
    folder: Path, options: LivingOptions, *, ledger: str = "", chosen: Mapping[str, dict[str, str]] = CHOSEN
) -> Iterator[Life]:
    """
    A new workspace beside its shop; nothing has happened yet.

    Args:
        folder: For the workspace (``workspace``), its key and the shop's exports.
        options: Of the shop.
        ledger: URL of an empty PostgreSQL database; empty: SQLite.
        chosen: For evergrove.toml.
    """
    clock = SetClock(BEFORE)
    where = {"workspace": {**chosen.get("workspace", {}), **({"ledger": ledger} if ledger else {})}}
    create_workspace(
        folder / "workspace", chosen={**chosen, **where}, key_file=folder / "keys" / "key", clock=clock
    )
    with open_workspace(folder / "workspace", clock) as workspace:
        yield Life(workspace, LivingShop(options), clock, folder / "shop")


def copy_of(original: Path, folder: Path, ledger: tuple[str, str] | None = None) -> Path:
    """
    Copy a workspace that nobody has open.

    Args:
        original: Its folder.
        folder: Of the copy; what was there goes.
        ledger: URLs of the original's and of the copy's PostgreSQL database, copied before.
    """
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(original, folder)
    if ledger:
        settings = folder / "evergrove.toml"
        settings.write_text(settings.read_text(encoding="utf-8").replace(*ledger), encoding="utf-8")
    return folder


def write_orders(path: Path, day: date, amounts: Mapping[str, float]) -> Path:
    """One order of each customer on one day, as a shop exports them."""
    lines = [f"{day}-{name},{name},{day},{amount},paid" for name, amount in amounts.items()]
    path.write_text(
        "\n".join(["order_id,customer_id,order_date,amount,status", *lines]) + "\n", encoding="utf-8"
    )
    return path


def write_people(path: Path, consents: Mapping[str, str], zone: str = "Asia/Shanghai") -> Path:
    """A customers file: an address for everybody, and what each said about being written to."""
    lines = [f"{name},{name.lower()}@mail.example,en,{zone},{said}" for name, said in consents.items()]
    path.write_text("\n".join(["customer,email,language,timezone,consent", *lines]) + "\n", encoding="utf-8")
    return path


def rows_of(ledger: Ledger, but: Collection[str] = ()) -> dict[str, list[tuple[str, ...]]]:
    """
    Everything in a ledger, as sorted texts, table by table.

    Args:
        ledger: Any.
        but: Tables ("generation") and columns ("outbox.lease_until", "*.run_id") to leave out.
    """
    with ledger.reading() as connection:
        return {
            table.name: sorted(
                tuple(repr(value) for value in row)
                for row in connection.execute(select(*_columns(table, but)))
            )
            for table in metadata.sorted_tables
            if table.name not in but
        }


def _columns(table: Table, but: Collection[str]) -> Sequence[Any]:
    return [
        column
        for column in table.columns
        if not {f"{table.name}.{column.name}", f"*.{column.name}"}.intersection(but)
    ]
