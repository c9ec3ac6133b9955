"""
Messages per second through ``send``: guarded, written, handed to a server on this machine, recorded twice.

``python -m benchmarks.send [MESSAGES]`` prints one JSON line per database and number of connections. Each message
is guarded and begun in one durable record and settled in another; the server runs in the same process and takes
its share of it.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.machine import commit, machine
from benchmarks.outbox import postgres

from evergrove.core import SetClock
from evergrove.delivery import SmtpChannel, send
from evergrove.ledger import create_all, open_ledger
from evergrove.outbox import OUTBOX, Message, enqueue
from evergrove.people import PersonRow, Seal, new_master_key, open_seal, store_people
from evergrove.settings import MailSettings, Settings
from evergrove.simulation.sink import mail_sink

if TYPE_CHECKING:
    from evergrove.ledger import Ledger

NOW = datetime(2026, 7, 1, 10, tzinfo=UTC)
CONNECTIONS = (1, 4, 16)


def prepare(ledger: Ledger, key: Path, number: int) -> Seal:
    """So many customers who agreed."""
    create_all(ledger)
    seal = open_seal(ledger, key)
    people = [
        PersonRow(f"C{i}", f"c{i}@example.com", "王小明", "zh-Hant", "Asia/Taipei", "granted")
        for i in range(number)
    ]
    with ledger.writing() as connection:
        store_people(connection, seal, people, NOW)
    return seal


def queue(ledger: Ledger, number: int) -> None:
    """A message to each customer, due now."""
    message = Message(
        playbook="L2", version=1, customer_id="", occasion="new:2026-06-30", step=0, channel="email",
        arm="treated", template="new-coupon", decision_id="", run_id=1, not_before=NOW,
        valid_until=NOW + timedelta(days=3),
        params={"coupon": "WELCOME10", "coupon_value": 10, "valid_until": "2026-07-15"},
    )  # fmt: skip
    with ledger.writing() as connection:
        connection.execute(OUTBOX.delete())
        enqueue(connection, [replace(message, customer_id=f"C{i}") for i in range(number)], NOW)


def rate(ledger: Ledger, seal: Seal, number: int, connections: int) -> int:
    """Messages per second to a server that confirms each."""
    queue(ledger, number)
    with mail_sink() as sink:
        mail = MailSettings(
            host=sink.host,
            port=sink.port,
            security="none",
            sender="shop@shop.example",
            sender_name="Demo Shop",
            unsubscribe="mailto:leave@shop.example",
            connections=connections,
        )
        start = time.perf_counter()
        report = send(ledger, seal, SmtpChannel(mail), SetClock(NOW), Settings(mail=mail))
        seconds = time.perf_counter() - start
        if (report.accepted, len(sink.received)) != (number, number):
            message = f"not everything arrived: {report}"
            raise AssertionError(message)
    return round(number / seconds)


def main(number: int) -> None:
    """Print the rates of each database."""
    with tempfile.TemporaryDirectory(prefix="evergrove-send-") as name, postgres(Path(name) / "data") as url:
        new_master_key(Path(name) / "key")
        places = {"sqlite": str(Path(name) / "ledger.sqlite"), "postgresql": url}
        for database, where in places.items():
            if where is None:
                continue
            ledger = open_ledger(where, create=True)
            seal = prepare(ledger, Path(name) / "key", number)
            rates = {str(width): rate(ledger, seal, number, width) for width in CONNECTIONS}
            ledger.close()
            print(json.dumps({"database": database, "messages": number, "per_second_by_connections": rates}))
    print(json.dumps({"commit": commit(), "machine": machine()}))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2_000)
