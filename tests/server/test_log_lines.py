"""A line of the log: one JSON object of known fields, whatever it is given; no text of errors, nobody's address."""

from __future__ import annotations

import json
import logging
import stat
from typing import TYPE_CHECKING, Any

import pytest
import structlog

from evergrove.ledger import LedgerMissing
from evergrove.server.logs import FIELDS, start_logs
from evergrove.server.logs.starting import LogNotWritable
from evergrove.server.logs.statements import fingerprint
from evergrove.settings import LogSettings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def logged(tmp_path: Path) -> Callable[..., list[dict[str, Any]]]:
    """What stands in the log after something was done while it was kept."""

    def lines_of(act: Callable[[], object], **chosen: Any) -> list[dict[str, Any]]:
        file = tmp_path / "log.jsonl"
        with start_logs(LogSettings(**{"file": str(file), "level": "debug", **chosen}), "serve"):
            act()
        return [json.loads(line) for line in file.read_text(encoding="utf-8").split("\n")[:-1]]

    return lines_of


def test_a_line_says_when_what_and_by_which_process(logged: Any) -> None:
    """One JSON object, whose fields all stand in the list."""
    (line,) = logged(lambda: structlog.get_logger().info("request", route="/v1/runs", status=200, ms=3))

    assert line.keys() <= FIELDS.keys()
    assert (line["event"], line["route"], line["status"], line["ms"]) == ("request", "/v1/runs", 200, 3)
    assert (line["process"], line["level"]) == ("serve", "info")


@pytest.mark.parametrize(
    "value",
    [
        'Mei\r\n{"level":"info","event":"forged"}',
        "\x1b[31mred\x1b[0m",
        "a\u2028b\u0085c",
        "right\u202eleft",
        "\ud800",
    ],
)
def test_what_came_from_outside_stays_within_its_line(logged: Any, value: str) -> None:
    """Reliability case 22: line breaks, colours and directions are written as their codes."""
    (line,) = logged(lambda: structlog.get_logger().info(value, code=value))

    assert line["code"].isprintable()
    assert line["event"].isprintable()


def test_a_field_that_nobody_declared_is_left_out(logged: Any) -> None:
    """By its name; the value is nowhere."""
    (line,) = logged(lambda: structlog.get_logger().info("import", customer="Mei Lin", ms=3))

    assert line["left_out"] == ["customer"]
    assert "Mei" not in json.dumps(line)


def test_addresses_and_phones_are_masked_wherever_they_stand(logged: Any) -> None:
    """In constant fields too: somebody may have put one there by mistake. Names of our own making stay."""
    actor = "user:" + "0123456789abcdef" * 2

    (line,) = logged(
        lambda: structlog.get_logger().info(
            "sent to mei@shop.example", code="+86 138-1234-5678", kind=["mei@shop.example"], actor=actor
        )
    )

    assert (line["event"], line["code"], line["kind"]) == ("sent to …", "…", ["…"])
    assert line["actor"] == actor


def test_an_error_is_told_by_class_code_and_place(logged: Any) -> None:
    """Its text may name persons: it is in no line."""

    def refuse(error: Exception) -> None:
        raise error

    def act() -> None:
        for error in (LedgerMissing(where="/home/mei.lin/ledger"), KeyError("Mei Lin")):
            try:
                refuse(error)
            except (LedgerMissing, KeyError) as caught:
                structlog.get_logger().error("failed", exc_info=caught)

    ours, foreign = logged(act)

    assert (ours["error"], ours["code"]) == ("LedgerMissing", "ledger.missing")
    assert foreign["error"] == "KeyError"
    assert foreign["where"][-1].startswith("server/test_log_lines.py:")
    assert "mei" not in json.dumps([ours, foreign]).lower()


def test_lines_of_libraries_keep_their_template_only(logged: Any) -> None:
    """What would be filled in is left out; what was put together beforehand is told by its place."""

    def act() -> None:
        logging.getLogger("uvicorn.error").warning("Connection of %s closed", "mei@shop.example")
        logging.getLogger("somebody").warning("Mei Lin has come")
        logging.getLogger("somebody").debug("a step of %s", "Mei Lin")
        logging.getLogger("uvicorn.access").info("%s - %s", "10.1.2.3", "/v1/customers?q=Mei")

    first, second = logged(act)

    assert (first["event"], first["logger"]) == ("Connection of %s closed", "uvicorn.error")
    assert second["event"].startswith("test_log_lines:")


def test_levels_below_the_chosen_one_are_not_written(logged: Any) -> None:
    """The section [logs] says it."""
    assert logged(lambda: structlog.get_logger().info("request"), level="warning") == []


def test_a_log_that_is_moved_away_is_begun_anew(tmp_path: Path) -> None:
    """As logrotate does; both files are their owner's alone."""
    file = tmp_path / "log.jsonl"
    with start_logs(LogSettings(file=str(file)), "worker"):
        structlog.get_logger().info("one")
        file.rename(tmp_path / "old")
        structlog.get_logger().info("two")

    assert json.loads((tmp_path / "old").read_text())["event"] == "one"
    assert json.loads(file.read_text())["event"] == "two"
    assert [stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()] == [0o600, 0o600]


def test_a_log_that_cannot_be_written_is_told_at_the_start(tmp_path: Path) -> None:
    """With the way out, before any work."""
    with pytest.raises(LogNotWritable), start_logs(LogSettings(file=str(tmp_path / "no" / "log")), "serve"):
        pass


def test_lines_for_people_are_plain_text(capsys: pytest.CaptureFixture[str]) -> None:
    """Chosen by name, or by a terminal; still one line each."""
    with start_logs(LogSettings(format="pretty"), "serve"):
        structlog.get_logger().info("request\nforged", route="/v1/runs", status=200)

    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "route=/v1/runs" in told


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT job.id FROM job WHERE job.id = ?", "select job"),
        ("-- customer_summary --\nselect 1 from read_parquet('/home/mei/a.parquet')", "select read_parquet"),
        ("UPDATE login SET seen_at=%(seen)s", "update login"),
        ('insert into "audit" values (?, ?)', "insert audit"),
        ("begin immediate", "begin -"),
    ],
)
def test_a_statement_is_known_by_what_it_does(sql: str, said: str) -> None:
    """Verb, table and a checksum, which literals and the length of lists do not change."""
    assert fingerprint(sql).rpartition(" ")[0] == said
    assert len(fingerprint(sql).rpartition(" ")[2]) == 8


def test_one_statement_has_one_fingerprint_whatever_its_values() -> None:
    """Literals and the number of places do not count; another column does."""
    one = fingerprint("select a from t where b in (?, ?) and c = 'Mei' and d = 5")
    assert one == fingerprint("select a from t  where b in (?, ?, ?) and c = 'Lin' and d = 17")
    assert one != fingerprint("select a from t where b2 in (?, ?) and c = 'Mei' and d = 5")
