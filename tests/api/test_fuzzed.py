"""
Every operation, with what its schema allows and with what it forbids, alone and one after the other, as three roles.

No answer may be a server error, none may differ from what the schema says of it, and nothing that the schema forbids
may be accepted. In ``make test`` only the admin, whom nothing is refused for lack of a right, tries each operation a few times, goes to
the edges of every fourth path's schemas and through sequences; in ``make prove`` all three do, of all paths, 500 times each.
``EVERGROVE_EXAMPLES`` says another number.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import from_schema
from schemathesis.engine.events import EngineFinished, FatalError, NonFatalError, ScenarioFinished

from evergrove.app.creation import SETTINGS_FILE
from evergrove.core import SetClock
from evergrove.testing.house import House, opened
from evergrove.testing.workspaces import copy_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from evergrove.access import Passwords, Role

PROVING = "EVERGROVE_PROVE" in os.environ
EXAMPLES = int(os.environ.get("EVERGROVE_EXAMPLES", "500" if PROVING else "2"))
UNHURRIED = """
[server]
burst = 100_000
per_second = 10_000
event_burst = 100_000
events_per_second = 10_000
"""
"""Rate limits have tests of their own."""
STREAMS, LOOKING_BACK = r"/jobs(/\{number\})?/events$", r"/(control-prices|targets|reviews(/\{month\})?)$"
"""Streams go on for as long as somebody listens; looking back on past months takes seconds a request: these in ``make prove`` only."""
LEFT_OUT = STREAMS if PROVING else f"{STREAMS}|{LOOKING_BACK}"
UNSAYABLE = ["2xx", "3xx", "400", "401", "403", "404", "409", "410", "422", "429"]
"""
Answers to what a schema allows: that a cursor is one that was given, or that a condition names fields that there are,
no schema says. 400 is the answer to a link that has been used; a server error is never one.
"""


def tries(key: str, paths: Iterable[str]) -> SchemathesisConfig:
    """How operations are tried by somebody with a key."""
    not_all = [] if PROVING else [path for nth, path in enumerate(sorted(paths)) if nth % 4]
    generation = {"deterministic": True, "database": "none", "max-examples": EXAMPLES, "no-shrink": True}
    return SchemathesisConfig.from_dict(
        {
            "headers": {"Authorization": f"Bearer {key}"},
            "continue-on-failure": True,
            "request-timeout": 60.0,
            "generation": generation,
            "phases": {"coverage": {"enabled": True}, "stateful": {"enabled": True}},
            "operations": [
                {"include-path": path, "phases": {"coverage": {"enabled": False}}} for path in not_all
            ],
            "checks": {"positive_data_acceptance": {"expected-statuses": UNSAYABLE}},
        }
    )


def found_wrong(house: House, role: Role) -> Iterator[str]:
    """What is wrong with any answer, in words, each once."""
    described = house.app.openapi()
    config = tries(house.keys[role], described["paths"])
    everything = schemathesis.openapi.from_dict(described, config=config)
    everything.app = house.app
    schema = everything.exclude(path_regex=LEFT_OUT)
    said = set[str]()
    for event in from_schema(schema).execute():
        if isinstance(event, FatalError):
            raise event.exception
        if isinstance(event, NonFatalError):
            yield f"{event.label}: {event.value!r}"
        if isinstance(event, ScenarioFinished):
            for case_id, checks in event.recorder.checks.items():
                for check in checks:
                    if check.failure_info is None:
                        continue
                    failure = check.failure_info.failure
                    case = event.recorder.cases[case_id].value
                    line = f"{case.operation.label}: {failure.title}: {failure.message}"
                    if line not in said:
                        said.add(line)
                        yield f"{line}\n{check.failure_info.code_sample}"
        if isinstance(event, EngineFinished):
            assert event.stop_reason == "completed"


@pytest.mark.slow
@pytest.mark.parametrize(
    "role",
    [*(pytest.param(each, marks=pytest.mark.long) for each in ("viewer", "analyst")), "admin"],
)
def test_no_request_meets_a_server_error_or_an_answer_that_the_schema_does_not_know(
    role: Role, begun_on_sqlite: tuple[Path, str], tmp_path: Path, passwords: Passwords
) -> None:
    """Alone, at the edges of every schema, and in sequences of operations that hand ids to each other."""
    folder = copy_of(begun_on_sqlite[0], tmp_path / "workspace")
    with (folder / SETTINGS_FILE).open("a") as chosen:
        chosen.write(UNHURRIED)
    with opened(folder, passwords, SetClock(datetime(2026, 6, 30, 18, tzinfo=UTC))) as house:
        wrong = list(found_wrong(house, role))
    assert not wrong, "\n\n".join(wrong)
