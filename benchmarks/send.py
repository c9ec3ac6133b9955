"""
Messages per second through ``send``: guarded, written, handed to a server on this machine, recorded before and after.

``python -m benchmarks.send [MESSAGES] [ROUNDS]`` writes benchmarks/results/send.{json,md}. Asked, on two cores: 150 mails a
second with a durable record before and after each. The mail server is a process of its own, as is PostgreSQL. Databases and
numbers of connections take turns in each round; shown are the median and the best of the rounds, and the processor's time of
the sending process a message, which does not depend on what else the machine does as much as the rate does.
"""

from __future__ import annotations

import json
import multiprocessing
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from benchmarks.machine import ROOT, commit, machine
from benchmarks.outbox import postgres

from evergrove.core import SetClock
from evergrove.delivery import SmtpChannel, send
from evergrove.ledger import create_all, open_ledger
from evergrove.outbox import OUTBOX, Message, enqueue
from evergrove.people import PersonRow, Seal, new_master_key, open_seal, store_people
from evergrove.settings import MailSettings, Settings
from evergrove.simulation.sink import mail_sink

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection

    from evergrove.ledger import Ledger

RESULTS = ROOT / "benchmarks" / "results"
NOW = datetime(2026, 7, 1, 10, tzinfo=UTC)
CONNECTIONS = (1, 4, 16)
ASKED = 150


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


def serve(asked: Connection) -> None:
    """Be a mail server until asked how much came, and say so."""
    with mail_sink() as sink:
        asked.send((sink.host, sink.port))
        while asked.recv():
            asked.send(len(sink.received))
            sink.received.clear()


@contextmanager
def server() -> Iterator[tuple[str, int, Connection]]:
    """A mail server in a process of its own: host, port, and where to ask."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs,), daemon=True)
    process.start()
    host, port = ours.recv()
    try:
        yield host, port, ours
    finally:
        ours.send(False)  # noqa: FBT003 - the word for "enough"
        process.join()


def rate(
    ledger: Ledger, seal: Seal, number: int, mail: MailSettings, asked: Connection
) -> tuple[float, float]:
    """Messages per second to a server that confirms each, and milliseconds of the processor a message."""
    queue(ledger, number)
    start, spent = time.perf_counter(), time.process_time()
    report = send(ledger, seal, SmtpChannel(mail), SetClock(NOW), Settings(mail=mail))
    seconds, spent = time.perf_counter() - start, time.process_time() - spent
    asked.send(True)  # noqa: FBT003 - the word for "how many"
    if (report.accepted, came := asked.recv()) != (number, number):
        message = f"not everything arrived: {report}, {came}"
        raise AssertionError(message)
    return number / seconds, 1000 * spent / number


def measured(number: int, rounds: int) -> dict[str, dict[str, list[tuple[float, float]]]]:
    """Database to connections to what each round came to."""
    with (
        tempfile.TemporaryDirectory(prefix="evergrove-send-") as name,
        postgres(Path(name) / "data") as url,
        server() as (host, port, asked),
    ):
        new_master_key(Path(name) / "key")
        places = {"sqlite": str(Path(name) / "ledger.sqlite"), "postgresql": url}
        ledgers = {each: open_ledger(at, create=True) for each, at in places.items() if at is not None}
        seals = {each: prepare(ledger, Path(name) / "key", number) for each, ledger in ledgers.items()}
        found: dict[str, dict[str, list[tuple[float, float]]]] = {
            each: {str(width): [] for width in CONNECTIONS} for each in ledgers
        }
        for _round in range(rounds):
            for width in CONNECTIONS:
                mail = MailSettings(
                    host=host, port=port, security="none", sender="shop@shop.example", sender_name="Demo Shop",
                    unsubscribe="mailto:leave@shop.example", connections=width,
                )  # fmt: skip
                for each, ledger in ledgers.items():
                    found[each][str(width)].append(rate(ledger, seals[each], number, mail, asked))
        for ledger in ledgers.values():
            ledger.close()
    return found


def figures(found: dict[str, dict[str, list[tuple[float, float]]]]) -> list[dict[str, Any]]:
    """A row each database and number of connections."""
    return [
        {
            "database": database,
            "connections": int(width),
            "per_second_median": round(median(rate for rate, _ms in rounds)),
            "per_second_best": round(max(rate for rate, _ms in rounds)),
            "cpu_ms": round(median(ms for _rate, ms in rounds), 2),
        }
        for database, widths in found.items()
        for width, rounds in widths.items()
    ]


def table(rows: list[dict[str, Any]]) -> str:
    """As Markdown."""
    lines = [
        "| database | connections | mails/s, median | mails/s, best | ms of processor a mail |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {row['database']} | {row['connections']} | {row['per_second_median']} | {row['per_second_best']} | {row['cpu_ms']} |"
        for row in rows
    ]
    return "\n".join(lines) + "\n"


def main(number: int, rounds: int) -> None:
    """Measure, print, and write down."""
    about = {"commit": commit(), "machine": machine(), "messages": number, "rounds": rounds, "asked": ASKED}
    rows = figures(measured(number, rounds))
    print(table(rows))
    (RESULTS / "send.json").write_text(json.dumps({**about, "rows": rows}, indent=2) + "\n", encoding="utf-8")
    (RESULTS / "send.md").write_text(table(rows), encoding="utf-8")


if __name__ == "__main__":
    main(*(int(each) for each in (*sys.argv[1:], *("1000", "3")[len(sys.argv) - 1 :])))
