"""What customers wrote: sealed in the ledger, in no file of the warehouse, shown to its person, gone with the person."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from itertools import permutations
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from tests.pipeline.test_person import contents

from evergrove.app import imports, open_workspace
from evergrove.app.weeks import READ
from evergrove.core import SetClock
from evergrove.ingest import ReadOptions
from evergrove.people.tables import sealed_text
from evergrove.people.texts import SaidTexts, store_texts, texts_of
from evergrove.testing.workspaces import copy_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from evergrove.app import Workspace
    from evergrove.pipeline.ingest_tables import TableOutcome

NOW = datetime(2026, 7, 2, 2, tzinfo=ZoneInfo("Asia/Shanghai"))
FILES = {
    "tickets": "ticket_id,customer_id,created_at,subject,body,email\n"
    "T1,ADA,2026-06-01,My parcel is zerbrochen,Call me at Nordstrasse 7,ada.secret@x.example\n"
    "T2,BOB,2026-06-02,Wrong colour,blauwal,\n"
    "T3,,2026-06-02,Nobody said so,namenlos,\n"
    'T4,BOB,2026-06-02,"broken by namenlos\n',
    "surveys": "response_id,customer_id,submitted_at,survey,nps,comment\nR1,ADA,2026-06-03,NPS,9,wunderbarlich\n",
    "order_lines": "order_id,line_id,product_name,quantity,price,note\n"
    "O-1,1,Tee,1,10.00,for my schwester\nO-UNKNOWN,1,Tee,1,10.00,von niemand\n",
    "costs": "order_id,cost_type,cost,date,note\nO-1,shipping,5.10,2026-06-01,left at nachbar\n",
    "events": "event,customer_id,timestamp,page,ip,properties\nview,ADA,2026-06-01T10:00:00Z,/s,10.9.8.7,suchwort\n",
}
ADAS = ("zerbrochen", "nordstrasse", "ada.secret@", "wunderbarlich", "schwester", "nachbar", "suchwort")
OTHERS = ("blauwal", "namenlos", "von niemand", "10.9.8.7")


@pytest.fixture
def here(begun_on_sqlite: tuple[Path, str], tmp_path: Path) -> Iterator[Workspace]:
    """A workspace in which Ada and Bob have bought once each."""
    folder = copy_of(begun_on_sqlite[0], tmp_path / "workspace")
    with open_workspace(folder, SetClock(NOW)) as workspace:
        orders = tmp_path / "o.csv"
        orders.write_text(
            "order_id,customer_id,order_date,amount,status\nO-1,ADA,2026-06-01,10,paid\nO-2,BOB,2026-06-01,9,paid\n"
        )
        workspace.ingest([orders], READ)
        yield workspace


def tell(here: Workspace, table: str, text: str) -> TableOutcome:
    """Bring in one file."""
    path = here.folder.parent / f"{table}-{abs(hash(text))}.csv"
    path.write_text(text)
    return imports.add_table(here, path, table, ReadOptions(), exported_at=datetime(2026, 6, 5, tzinfo=UTC))


def readable(here: Workspace, words: tuple[str, ...]) -> set[str]:
    """Words that stand in the clear in any file of the workspace: Parquet, ledger, log, rejected rows."""
    found = [text.lower() for _name, text in contents(here.folder)]
    return {word for word in words if any(word.encode() in text for text in found)}


def test_free_text_is_sealed_and_stands_in_no_file(here: Workspace) -> None:
    """Each cell is counted; the search finds what must stand there, so that it can find."""
    told = {table: tell(here, table, text) for table, text in FILES.items()}
    counts = {table: (one.read.sealed, one.read.dropped) for table, one in told.items() if one.read}
    assert counts == {
        "tickets": ({"email": 1, "subject": 2, "body": 2}, {}),
        "surveys": ({"comment": 1}, {}),
        "order_lines": ({"note": 1}, {"note": 1}),
        "costs": ({"note": 1}, {}),
        "events": ({"properties": 1}, {"ip": 1}),
    }
    assert "ada" in readable(here, ("ada", *ADAS, *OTHERS))
    assert readable(here, (*ADAS, *OTHERS)) == set()
    rejects = told["tickets"].rejects
    assert rejects is not None
    assert "ticket_id=T3" in rejects.read_text(encoding="utf-8")


def test_the_copy_of_a_person_shows_what_the_person_wrote(here: Workspace, tmp_path: Path) -> None:
    """All of Ada's words, with table, column and day; none of Bob's."""
    for table, text in FILES.items():
        tell(here, table, text)
    rows = here.export_person("ADA", tmp_path / "copy")
    document = (tmp_path / "copy" / "person.json").read_text(encoding="utf-8").lower()
    assert [word for word in ADAS if word not in document] == []
    assert [word for word in OTHERS if word in document] == []
    texts = json.loads(document)["tables"]["texts"]
    assert rows["texts"] == len(texts) == 7
    assert {
        "customer_id": "ada",
        "table": "surveys",
        "row": "r1",
        "day": "2026-06-03",
        "column": "comment",
        "text": "wunderbarlich",
    } in texts


def test_what_was_written_goes_with_the_person_and_does_not_come_back(here: Workspace) -> None:
    """Not even ciphertext stays; a later file of the same tickets stores Bob's only."""
    for table, text in FILES.items():
        tell(here, table, text)
    with here.ledger.reading() as connection:
        cells = [
            *connection.execute(
                select(sealed_text.c.sealed).where(sealed_text.c.customer_id == "ADA")
            ).scalars()
        ]
    assert len(cells) == 5

    here.erase("ADA")
    tell(here, "tickets", FILES["tickets"] + "T9,ADA,2026-06-04,zerbrochen again,,\n")

    with here.ledger.reading() as connection:
        assert list(texts_of(connection, here.seal, ["ADA"])) == []
        assert len(list(texts_of(connection, here.seal, ["BOB"]))) == 2
    assert [name for name, text in contents(here.folder) for cell in cells if cell in text] == []
    assert readable(here, ADAS) == set()


def test_the_later_version_holds_whatever_the_order(here: Workspace) -> None:
    """Three tellings of one ticket in any order and any repetition: one text, and nothing written twice."""
    said = [
        SaidTexts(
            "ADA", "tickets", "T1", date(2026, 6, 1), datetime(2026, 6, day, tzinfo=UTC), {"body": text}
        )
        for day, text in ((1, "first"), (2, "second"), (2, "zweite"))
    ]
    held: set[Any] = set()
    for order in permutations(said):
        with here.ledger.writing() as connection:
            connection.execute(sealed_text.delete())
        for row in (*order, *order):
            with here.ledger.writing() as connection:
                store_texts(connection, here.seal, [row], NOW)
        with here.ledger.reading() as connection:
            held |= {(each["text"], each["row"]) for each in texts_of(connection, here.seal, ["ADA"])}
        with here.ledger.writing() as connection:
            assert [store_texts(connection, here.seal, [row], NOW) for row in said] == [0, 0, 0]
    assert len(held) == 1
    assert held <= {("second", "T1"), ("zweite", "T1")}


def test_a_preview_seals_nothing(here: Workspace, tmp_path: Path) -> None:
    """It says what would be sealed."""
    path = tmp_path / "t.csv"
    path.write_text(FILES["tickets"])
    seen = imports.look(here, path, "tickets", ReadOptions())
    with here.ledger.reading() as connection:
        assert connection.execute(select(sealed_text)).first() is None
    assert (seen.sealed, seen.dropped) == ({"email": 1, "subject": 2, "body": 2}, {})
