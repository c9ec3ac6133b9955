"""A person is forgotten everywhere in a workspace, and what others have bought stays."""

from __future__ import annotations

import csv
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select

from evergrove.app.weeks import READ
from evergrove.outbox import OUTBOX
from evergrove.people import ConsentRow, consent_of, take_consents
from evergrove.people.identity import merge
from evergrove.people.tables import consent_event, person
from evergrove.testing.workspaces import write_orders

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.app import Workspace

DAY = date(2026, 6, 30)
PERSONAL = (b"ada.private@mail.example", b"Ada Lovelace", b"13800138000", b"ADA.PRIVATE")
HEAD = "order_id,customer_id,order_date,amount,status,contact\n"
REJECTED = (
    "X1,,2026-06-30,10,paid,Ada Lovelace 13800138000\n"
    'X2,ADA,never,10,paid,"ada.private@mail.example, ""Ada"""\n'
    "X3,BOB,never,10,paid,=ADA.PRIVATE\n"
)


@pytest.fixture
def known(begun: Workspace, tmp_path: Path) -> Workspace:
    """Ada has bought, agreed and is to get a message; rows that name her were rejected."""
    orders = write_orders(tmp_path / "orders.csv", DAY, {"ADA": 150.0, "BOB": 80.0})
    rejected = tmp_path / "rejected.csv"
    rejected.write_text(HEAD + "X4,BOB,2026-06-30,10,paid,-\n" + REJECTED, encoding="utf-8")
    people = tmp_path / "people.csv"
    people.write_text(
        "customer,email,name,consent\nADA,ada.private@mail.example,Ada Lovelace,yes\n", encoding="utf-8"
    )
    begun.ingest([orders, rejected], READ)
    begun.ingest_customers([people], READ)
    with begun.ledger.writing() as connection:
        connection.execute(OUTBOX.insert(), [waiting(connection)])
    return begun


def waiting(connection: Any) -> dict[str, Any]:
    """A message that waits for Ada."""
    row = {column.name: None for column in OUTBOX.columns}
    given = {
        "playbook": "L2",
        "version": 1,
        "customer_id": "ADA",
        "occasion": "once",
        "step": 0,
        "state": "queued",
    }
    given |= {
        "id": "f" * 32,
        "channel": "email",
        "arm": "treated",
        "category": "marketing",
        "template": "new-thanks",
    }
    given |= {"params": {}, "cost": 0, "decision_id": "d", "run_id": 1, "token": 0, "attempts": 0}
    moment = connection.execute(select(person.c.recorded_at)).scalars().first()
    return row | given | dict.fromkeys(("not_before", "valid_until", "queued_at"), moment)


def bytes_of(workspace: Workspace) -> bytes:
    """Everything that lies in the workspace's folder at this moment."""
    return b"".join(path.read_bytes() for path in workspace.folder.rglob("*") if path.is_file())


def test_nothing_personal_is_left_in_the_folder(known: Workspace) -> None:
    """Neither in rejected rows nor, sealed, in the ledger and its log; while the workspace is still open."""
    with known.ledger.reading() as connection:
        sealed = connection.execute(select(person.c.sealed).where(person.c.customer_id == "ADA")).scalar_one()
    before = bytes_of(known)
    assert all(word in before for word in PERSONAL)
    assert sealed in before or known.ledger.dialect == "postgresql"

    outcome = known.erase("ADA")

    assert (outcome.is_new, outcome.messages, outcome.rejected_rows) == (True, 1, 3)
    after = bytes_of(known)
    assert [word for word in (*PERSONAL, sealed) if word in after] == []
    assert known.erase("ADA").is_new is False


def test_what_was_rejected_is_still_told_by_file_line_and_reason(known: Workspace) -> None:
    """Of everybody's rows: who stood in them nobody can tell, and the shop's own file has them all."""
    known.erase("ADA")

    (path,) = (known.folder / "rejects").iterdir()
    with path.open(encoding="utf-8", newline="") as stream:
        rows = [(row["line"], row["code"], row["raw"]) for row in csv.DictReader(stream)]
    assert rows == [
        ("3", "ingest.no_customer", ""),
        ("4", "ingest.bad_date", ""),
        ("5", "ingest.bad_date", ""),
    ]
    assert path.stat().st_mode & 0o077 == 0


def test_messages_and_later_files_do_not_reach_who_was_erased(known: Workspace, tmp_path: Path) -> None:
    """What waited is taken back, and the same file brings nothing, under another customer's id either."""
    known.erase("ADA")
    again = tmp_path / "again.csv"
    again.write_text(
        "customer,email,name,consent\n"
        "ADA,ada.private@mail.example,Ada Lovelace,yes\nEVE,ADA.private@mail.example,Ada,yes\n",
        encoding="utf-8",
    )
    (intake,) = known.ingest_customers([again], READ)

    assert (intake.people, intake.rejected) == (0, {"people.erased": 2})
    with known.ledger.reading() as connection:
        row = connection.execute(OUTBOX.select().where(OUTBOX.c.customer_id == "ADA")).one()
    assert (row.state, row.reason) == ("skipped", "people.erased")


def test_what_proved_an_agreement_goes_with_the_person(known: Workspace) -> None:
    """Under every id: the sealed reference and the hash of the network's address; that there was a yes stays."""
    noon = known.clock.now()
    with known.ledger.writing() as connection:
        merge(connection, "ADA", "ADA-TILL", noon)
        for customer in ("ADA", "ADA-TILL", "BOB"):
            row = ConsentRow(
                customer, "granted", given_at=noon, reference=f"form {customer}", ip="203.0.113.7"
            )
            take_consents(connection, known.seal, [row], noon)

    def proofs() -> dict[str, int]:
        event = consent_event.c
        kept = func.count(event.sealed) + func.count(event.ip_hash)
        query = select(event.customer_id, kept).where(event.customer_id.in_(("ADA", "ADA-TILL", "BOB")))
        with known.ledger.reading() as connection:
            return {row[0]: row[1] for row in connection.execute(query.group_by(event.customer_id))}

    assert proofs() == {"ADA": 2, "ADA-TILL": 2, "BOB": 2}

    assert set(known.erase("ADA-TILL").members) == {"ADA", "ADA-TILL"}

    assert proofs() == {"ADA": 0, "ADA-TILL": 0, "BOB": 2}
    with known.ledger.reading() as connection:
        assert consent_of(connection, ["ADA-TILL"]) == {"ADA-TILL": "granted"}
