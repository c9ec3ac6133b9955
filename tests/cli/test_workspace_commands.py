"""The commands of a workspace: what a person reads, what a machine reads, what is refused and how it ends."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner, Result

from evergrove.app import open_workspace
from evergrove.cli.commands import COMMANDS
from evergrove.cli.main import cli
from evergrove.core import SetClock
from evergrove.outbox import OUTBOX
from evergrove.simulation.sink import mail_sink
from evergrove.testing.workspaces import copy_of, write_orders, write_people

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Command = Callable[..., Result]

NOON = datetime(2026, 7, 2, 12, tzinfo=ZoneInfo("Asia/Shanghai"))
IN_A_WORKSPACE = {
    "ingest": ("orders.csv",),
    "run": (),
    "playbook": ("list",),
    "send": (),
    "measure": (),
    "export": ("tiers", "-o", "tiers.csv"),
    "person": ("show", "N00"),
    "replay": ("2026-07-01",),
    "doctor": (),
}
INPUT, UNSOUND = 2, 1
CHINESE = re.compile("[\u4e00-\u9fff]")


@pytest.fixture
def evergrove_at_noon(monkeypatch: pytest.MonkeyPatch) -> Command:
    """``evergrove``, in this process, at noon of the day after the last run; the machine's settings stay out."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "EVERGROVE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("evergrove.app.workspace.SystemClock", lambda: SetClock(NOON))

    def invoke(*arguments: str | Path) -> Result:
        return CliRunner().invoke(cli, [str(each) for each in arguments])

    return invoke


@pytest.fixture
def home(decided_workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace with messages that wait; we stand in the folder beside it."""
    monkeypatch.chdir(tmp_path)
    return copy_of(decided_workspace, tmp_path / "shop")


@pytest.fixture
def shop(evergrove_at_noon: Command, home: Path) -> Command:
    """``evergrove`` in that workspace."""

    def invoke(command: str, *arguments: str | Path) -> Result:
        return evergrove_at_noon(command, *arguments, "-w", home)

    return invoke


def answer(done: Result) -> dict[str, Any]:
    """What a command says to a machine: one JSON document, nothing beside it."""
    found: dict[str, Any] = json.loads(done.stdout)
    assert done.stderr == ""
    return found


def test_init_says_what_comes_next_and_where_the_key_is(evergrove_at_noon: Command, tmp_path: Path) -> None:
    """The key is what must be kept elsewhere."""
    folder, key = tmp_path / "shop", tmp_path / "shop.key"

    done = evergrove_at_noon("init", folder, "--currency", "twd", "--key-file", key)

    assert done.exit_code == 0, done.stderr
    assert f"Next, in the browser: evergrove serve -w {folder}" in done.stdout
    assert "evergrove ingest" in done.stdout
    assert str(key) in done.stdout
    with open_workspace(folder) as workspace:
        assert workspace.settings.value.currency == "TWD"


def test_init_for_machines(evergrove_at_noon: Command, tmp_path: Path) -> None:
    """Folder and key."""
    folder, key = tmp_path / "shop", tmp_path / "shop.key"

    done = evergrove_at_noon("init", folder, "--key-file", key, "--json")

    assert answer(done) == {"format": "evergrove.init/1", "folder": str(folder), "key_file": str(key)}


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--key-file", "{shop}/key"), "app.key_inside"),
        (("--ledger", "mysql://x/y", "--key-file", "{shop}.key"), "ledger.unknown_url"),
        (("--timezone", "Nowhere/Land", "--key-file", "{shop}.key"), "ingest.unknown_timezone"),
    ],
)
def test_init_refuses(
    evergrove_at_noon: Command, tmp_path: Path, options: tuple[str, ...], code: str
) -> None:
    """In a sentence with its code; nothing is made."""
    done = evergrove_at_noon("init", tmp_path / "shop", *(o.format(shop=tmp_path / "shop") for o in options))

    assert done.exit_code == INPUT, done.stdout + done.stderr
    assert f"[{code}]" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_init_refuses_a_folder_in_use(evergrove_at_noon: Command, home: Path) -> None:
    """To machines as well, by code and fields."""
    human, machine = evergrove_at_noon("init", home), evergrove_at_noon("init", home, "--json")

    assert human.exit_code == machine.exit_code == INPUT
    assert "[app.folder_in_use]" in human.stderr
    error = answer(machine)["error"]
    assert (error["code"], error["params"]) == ("app.folder_in_use", {"folder": str(home)})


@pytest.mark.parametrize("command", IN_A_WORKSPACE)
def test_outside_of_a_workspace(
    evergrove_at_noon: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """Every command says how to make one, to people in their language, to machines by code."""
    monkeypatch.chdir(tmp_path)
    arguments = (command, *IN_A_WORKSPACE[command])

    human, chinese = evergrove_at_noon(*arguments), evergrove_at_noon(*arguments, "--lang", "zh-Hant")
    machine = evergrove_at_noon(*arguments, "--json")

    assert human.exit_code == chinese.exit_code == machine.exit_code == INPUT
    assert "evergrove init" in human.stderr
    assert CHINESE.search(chinese.stderr)
    assert answer(machine)["error"]["code"] == "app.no_workspace"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", COMMANDS)
def test_help(evergrove_at_noon: Command, command: str) -> None:
    """Of each command: what it is for, and its options."""
    verb = ["list"] if command == "coupon" else []  # its own page lists verbs only
    done = evergrove_at_noon(command, *verb, "--help")

    assert done.exit_code == 0
    assert "--lang" in done.stdout


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_needs_no_ledger(command: str) -> None:
    """What a command is for is said at once: nothing that keeps or seals is imported for it."""
    code = (
        f"import sys; sys.argv = ['evergrove', *{command.split()}, '--help']\n"
        "from evergrove.cli import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "print('ONE:', sorted({'sqlalchemy', 'alembic', 'cryptography', 'liquid', 'pyarrow'} & sys.modules.keys()))"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "--help" in done.stdout
    assert done.stdout.splitlines()[-1] == "ONE: []"


def test_ingest_counts_every_row_and_knows_a_file_again(shop: Command, tmp_path: Path) -> None:
    """Read = good + rejected + duplicate; the rejected ones lie beside the data."""
    orders = write_orders(tmp_path / "more.csv", date(2026, 7, 2), {"N00": 5.0, "": 7.0})

    first, again = shop("ingest", orders), shop("ingest", orders)

    assert first.exit_code == again.exit_code == 0, first.stderr
    assert re.search(r"more\.csv.*2.*1.*1.*0", first.stdout)
    assert "rejects" in first.stdout
    assert "more.csv" in again.stdout
    assert "rejects" not in again.stdout


def test_ingest_for_machines(shop: Command, tmp_path: Path) -> None:
    """Orders and customers, file by file."""
    orders = write_orders(tmp_path / "more.csv", date(2026, 7, 2), {"N00": 5.0, "": 7.0})
    people = write_people(tmp_path / "more-people.csv", {"P1": "yes", "P2": "no"})

    first, again = (answer(shop("ingest", orders, "--json"))["files"][0] for _ in range(2))
    customers = answer(shop("ingest", "--as", "customers", people, "--json"))["files"][0]

    assert (first["new"], again["new"]) == (True, False)
    assert first["rows"] == again["rows"] == {"read": 2, "good": 1, "rejected": 1, "duplicate": 0}
    assert (customers["new"], customers["people"], customers["consents"]) == (True, 2, 2)
    assert "mail.example" not in json.dumps(customers)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("none.csv",), "ingest.file_missing"),
        (("note.txt",), "ingest."),
        (("--exported-at", "soon", "note.txt"), "cli.invalid_option"),
        (("--map", "customer", "note.txt"), "cli.invalid_option"),
        (("--as", "customers", "none.csv"), "ingest.file_missing"),
    ],
)
def test_ingest_refuses(shop: Command, home: Path, arguments: tuple[str, ...], code: str) -> None:
    """Files and options that cannot be read, each by name."""
    (home.parent / "note.txt").write_text("nothing but a note\n")

    done = shop("ingest", *arguments)

    assert done.exit_code == INPUT
    assert f"[{code}" in done.stderr


def test_run_says_where_everybody_stands(shop: Command, tmp_path: Path) -> None:
    """And that there was nothing to do, the second time."""
    shop("ingest", write_orders(tmp_path / "more.csv", date(2026, 7, 1), {"Z1": 5.0}))

    first, again = shop("run"), shop("run")

    assert first.exit_code == again.exit_code == 0, first.stderr
    assert "2026-07-01" in first.stdout
    assert "High" in first.stdout or "high" in first.stdout
    assert len(again.stdout.splitlines()) <= 3


@pytest.mark.slow
def test_run_for_machines(shop: Command, tmp_path: Path) -> None:
    """A dry run lists every message; the run then stores them."""
    shop("ingest", write_orders(tmp_path / "more.csv", date(2026, 7, 1), {"Z1": 5.0, "Z2": 6.0}))
    people = write_people(tmp_path / "more-people.csv", {"Z1": "yes", "Z2": "yes"})
    shop("ingest", "--as", "customers", people)

    dry, done, again = (answer(shop("run", *more, "--json")) for more in (("--dry-run",), (), ()))

    assert (dry["snapshot"], dry["messages"]) == (None, None)
    assert {each["customer"] for each in dry["actions"]} == {"Z1", "Z2"}
    assert done["messages"]["queued"] + done["messages"]["virtual"] == 2
    assert (done["new"], again["new"]) == (True, False)
    assert done["snapshot"] == again["snapshot"]
    assert sum(done["tiers"].values()) == done["customers"]


@pytest.mark.parametrize(
    ("day", "code"), [("tomorrow", "cli.invalid_option"), ("2026-06-01", "pipeline.runs_go_forward")]
)
def test_run_refuses(shop: Command, day: str, code: str) -> None:
    """A day that is none, and one that is over."""
    human, machine = shop("run", "--as-of", day), shop("run", "--as-of", day, "--json")

    assert human.exit_code == machine.exit_code == INPUT
    assert f"[{code}]" in human.stderr
    assert answer(machine)["error"]["code"] == code


def test_a_run_while_another_is_at_work(shop: Command, home: Path) -> None:
    """Is refused at once; nothing was changed."""
    with open_workspace(home) as workspace, workspace.alone():
        done = shop("run")

    assert done.exit_code == INPUT
    assert "[core.in_use]" in done.stderr


def test_playbooks_are_seen_started_and_paused(shop: Command) -> None:
    """A pause takes back what waits."""
    listed, paused = shop("playbook"), shop("playbook", "pause", "L2")
    started = answer(shop("playbook", "start", "L2", "--json"))

    assert all(key in listed.stdout for key in ("L2", "L5", "T1b"))
    assert paused.exit_code == 0
    assert re.search(r"\b[1-9][0-9]*\b", paused.stdout.replace("L2", ""))
    assert {one["key"]: one["state"] for one in started["playbooks"]}["L2"] == "started"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(("start",), "cli."), (("pause", "X9"), "campaigns."), (("start", "X9"), "campaigns.")],
)
def test_playbook_refuses(shop: Command, arguments: tuple[str, ...], code: str) -> None:
    """No key, and a key of nothing."""
    done = shop("playbook", *arguments)

    assert done.exit_code == INPUT
    assert f"[{code}" in done.stderr


def test_send_needs_a_server(shop: Command) -> None:
    """And says which setting."""
    done = shop("send")

    assert done.exit_code == INPUT
    assert "host" in done.stderr
    assert "[mail]" in done.stderr


def test_send_sends_once(shop: Command, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as --limit says, then the rest, then none."""
    with open_workspace(home) as workspace, workspace.ledger.reading() as connection:
        waiting = sum(row.state == "queued" for row in connection.execute(OUTBOX.select()))
    with mail_sink() as sink:
        for name, value in (("HOST", sink.host), ("PORT", str(sink.port)), ("SECURITY", "none")):
            monkeypatch.setenv(f"EVERGROVE_MAIL_{name}", value)
        two = shop("send", "--limit", "2")
        rest, none = (answer(shop("send", "--json")) for _ in range(2))

    assert two.exit_code == 0
    assert "2" in two.stdout
    assert waiting > 3
    assert (rest["accepted"], none["accepted"]) == (waiting - 2, 0)
    assert len(sink.received) == len({mail.recipient for mail in sink.received}) == waiting


@pytest.mark.slow
def test_measure_says_what_each_playbook_earned(
    shop: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing on the day itself; a day later for the programme and each playbook, with reasons for what is missing."""
    early = shop("measure")
    monkeypatch.setattr("evergrove.app.workspace.SystemClock", lambda: SetClock(NOON + timedelta(days=1)))
    shop("ingest", write_orders(tmp_path / "more.csv", date(2026, 7, 2), {"N05": 5.0}))
    shop("run")
    human, machine = shop("measure"), answer(shop("measure", "--json"))

    assert early.exit_code == human.exit_code == 0, human.stderr
    assert len(early.stdout.splitlines()) == 1
    assert {one["playbook"] for one in machine["results"]} >= {"global", "L2"}
    assert len(human.stdout.splitlines()) >= len(machine["results"])


@pytest.mark.parametrize("table", ["scores", "tiers", "transitions"])
def test_export_writes_what_was_published(shop: Command, tmp_path: Path, table: str) -> None:
    """As CSV as many rows as it says; as Parquet too."""
    done = answer(shop("export", table, "-o", tmp_path / "t.csv", "--json"))
    parquet = shop("export", table, "-o", tmp_path / "t.parquet")

    with (tmp_path / "t.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert done["rows"] == len(rows) > 0
    assert parquet.exit_code == 0
    assert (tmp_path / "t.parquet").read_bytes()[:4] == b"PAR1"


def test_export_refuses_another_ending(shop: Command, tmp_path: Path) -> None:
    """It does not guess."""
    done = shop("export", "tiers", "-o", tmp_path / "t.doc")

    assert done.exit_code == INPUT
    assert ".parquet" in done.stderr


@pytest.mark.slow
def test_replay_agrees_with_what_was_published(shop: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit status 0; with other settings it says which tables differ, and ends with 1."""
    same = shop("replay", "2026-07-01")
    monkeypatch.setenv("EVERGROVE_STAGES_MATURE_ORDERS", "3")
    other = shop("replay", "2026-07-01", "--json")

    assert same.exit_code == 0, same.stdout + same.stderr
    assert "2026-07-01" in same.stdout
    assert other.exit_code == UNSOUND
    assert answer(other)["equal"] is False
    assert "tiers" in answer(other)["different"]


@pytest.mark.parametrize(
    ("day", "code"), [("2026-05-05", "pipeline.no_such_run"), ("yesterday", "cli.invalid_option")]
)
def test_replay_refuses(shop: Command, day: str, code: str) -> None:
    """A day without a run, and no day at all."""
    done = shop("replay", day)

    assert done.exit_code == INPUT
    assert f"[{code}]" in done.stderr


def test_doctor_ends_with_what_it_found(shop: Command, home: Path) -> None:
    """0 where all is well, 1 where something is not; each finding has its code."""
    well, deep = shop("doctor"), shop("doctor", "--deep", "--json")
    with open_workspace(home) as workspace, workspace.ledger.writing() as connection:
        connection.execute(OUTBOX.update().where(OUTBOX.c.state == "queued").values(run_id=999))
    human, machine = shop("doctor"), shop("doctor", "--json")

    assert (well.exit_code, deep.exit_code) == (0, 0), well.stdout
    assert (human.exit_code, machine.exit_code) == (UNSOUND, UNSOUND)
    assert "[pipeline.run_not_published]" in human.stdout
    assert "pipeline.run_not_published" in {each["code"] for each in json.loads(machine.stdout)["findings"]}


@pytest.mark.parametrize("command", [name for name in IN_A_WORKSPACE if name not in {"ingest", "send"}])
@pytest.mark.parametrize("language", ["zh-Hans", "zh-Hant"])
def test_speaks_the_language_asked_for(shop: Command, command: str, language: str) -> None:
    """Every line that is not a table's."""
    done = shop(command, *IN_A_WORKSPACE[command], "--lang", language)

    assert done.exit_code == 0
    assert CHINESE.search(done.stdout)


def test_quiet_says_nothing(shop: Command) -> None:
    """Where all goes well."""
    for command in ("run", "playbook", "measure", "doctor"):
        done = shop(command, "--quiet")
        assert (done.exit_code, done.stdout, done.stderr) == (0, "", "")
