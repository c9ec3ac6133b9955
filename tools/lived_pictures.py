"""
Let a simulated shop and a workspace live two months, and keep pictures of what Results say then in docs/pages/.

``python -m tools.lived_pictures [--folder docs/pages] [--days 60]`` takes some minutes. A third of each playbook's people are left
alone, so that there is something to compare with. Nobody in the pictures is real.
"""

from __future__ import annotations

import argparse
import tempfile
from datetime import datetime, time, timedelta
from pathlib import Path

from sqlalchemy import select
from tools.pictures import FOLDER, TALL, WIDTH, Album, see

from evergrove.access import Passwords
from evergrove.core import SetClock
from evergrove.decisions.tables import decision_choice
from evergrove.simulation import LivingOptions
from evergrove.testing.house import House, opened
from evergrove.testing.looking import Look, Reader, chromium, served
from evergrove.testing.workspaces import CHOSEN, MemoryPost, living

CUSTOMERS, SEED, DAYS = 2000, 5, 60
PAGES = {
    "value-ledger": "/value-ledger",
    "experiments": "/experiments",
    "budget-plan": "/budget-plan?budget=100",
}


def lived(folder: Path, days: int) -> datetime:
    """A workspace that has run every night; the moment after its last one."""
    chosen = {**CHOSEN, "outreach": {**CHOSEN["outreach"], "playbook_control": "0.33"}}
    with living(folder, LivingOptions(CUSTOMERS, SEED, days=days), chosen=chosen) as life:
        life.begin(print)
        post = MemoryPost()
        for nth, day in enumerate(life.days, start=1):
            life.day(day, post)
            life.workspace.measure()
            if nth % 30 == 0:
                print(f"{nth} days", flush=True)
        morning = time(9, tzinfo=life.workspace.settings.value.zone)
        return datetime.combine(life.days[-1] + timedelta(days=1), morning)


def walk(house: House, base: str, album: Album) -> None:
    """Every page of Results, and one customer's decisions."""
    with chromium() as chrome:
        secret = house.door.sign_in("analyst@shop.example").secret
        look = Look(chrome, base, Reader(secret, width=WIDTH))
        for name, path in PAGES.items():
            see(look, path, name, album, TALL)
        see(look, f"/customers/{_somebody(house)}?view=decisions", "decision", album)


def _somebody(house: House) -> str:
    """The customer for whom there was most to choose from, the latest of them."""
    row = decision_choice.c
    with house.here.ledger.reading() as connection:
        choices = list(connection.execute(select(row.customer_id, row.actions).order_by(row.as_of.desc())))
    return str(max(choices, key=lambda each: len(each.actions)).customer_id)


def main() -> None:
    """Live, walk, keep."""
    parser = argparse.ArgumentParser(description="Pictures of Results, for docs/measurement.md.")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--days", type=int, default=DAYS)
    given = parser.parse_args()
    album = Album(given.folder)
    with tempfile.TemporaryDirectory(prefix="evergrove-lived-") as name:
        clock = SetClock(lived(Path(name), given.days))
        with opened(Path(name) / "workspace", Passwords(), clock) as house, served(house.app) as base:
            walk(house, base, album)
    album.keep()


if __name__ == "__main__":
    main()
