"""No page sends anybody to a terminal for what a page can do, and places in a condition are told in words."""

from __future__ import annotations

import importlib
import pkgutil
import re
from typing import TYPE_CHECKING

import pytest

import evergrove
from evergrove.core import EvergroveError
from evergrove.core.errors import EvergroveWarning
from evergrove.segments.language.errors import UnknownField
from evergrove.web.frame import Refused
from evergrove.web.frame.ways_out import WAYS_OUT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from evergrove.testing.browsing import Browser
    from evergrove.text import Language

COMMAND = re.compile(r"(?<!Another )\bevergrove [a-z]")
FIELD = re.compile(r"{(\w+)")
AT_THE_MACHINE = (
    # No page can do it: it begins, upgrades or brings back the service itself, or looks at files from outside.
    "app.ledger_of_nobody", "app.no_workspace", "app.not_empty", "audit.", "backup.", "cli.", "ledger.", "server.",
    "warehouse.", "pipeline.unnamed_files", "live.far_behind", "live.unknown_row",
    # Verbs of files, which know no workspace.
    "core.in_use", "customers.rows_left_out", "pipeline.no_champions", "pipeline.no_earlier_run",
    "pipeline.no_table_of_a_valuation", "pipeline.source_changed", "scoring.champions_of_later",
    "scoring.damaged_model", "scoring.unknown_format",
    # Programs with a key, never a browser.
    "access.admin_exists", "access.person_needed", "access.unknown_key", "http.",
    # Pages ask nothing that can end so, or name the way out in their own words beside it.
    "measurement.", "people.", "pipeline.month_not_kept", "pipeline.no_run_in_month",
    # Rooms of outreach say it on their own pages.
    "app.channel_unusable", "app.not_of_the_team", "campaigns.", "coupons.", "decisions.", "delivery.", "outbox.unknown",
    "pipeline.erased_waiting", "pipeline.not_decided", "programs.",
)  # fmt: skip
"""Codes, or how they begin, whose hints may name a command, because there is no page to name."""


def worded() -> Iterator[type[EvergroveError | EvergroveWarning]]:
    """Every error and note of the product."""
    for module in pkgutil.walk_packages(evergrove.__path__, "evergrove."):
        if not module.name.endswith("__main__") and ".testing" not in module.name:
            importlib.import_module(module.name)
    waiting: list[type[EvergroveError | EvergroveWarning]] = [EvergroveError, EvergroveWarning]
    while waiting:
        current = waiting.pop()
        waiting += current.__subclasses__()
        if "message" in vars(current) and current.__module__.startswith("evergrove."):
            yield current


def test_whatever_names_a_command_has_a_way_out_on_pages_or_none_at_all() -> None:
    """A new hint for the terminal fails here until somebody has said what a page says in its place."""
    missing = {
        each.code
        for each in worded()
        if COMMAND.search(each.hint)
        and each.code not in WAYS_OUT
        and not each.code.startswith(AT_THE_MACHINE)
    }
    assert missing == set()


def test_ways_out_are_those_of_codes_that_are_and_name_no_command() -> None:
    """Each belongs to an error whose fields it uses, and whose own hint is one for the terminal."""
    known = {each.code: each for each in worded()}
    for code, text in WAYS_OUT.items():
        assert not re.search(r"evergrove |--|\.toml", text), code
        fields = set(FIELD.findall(known[code].message + known[code].hint))
        assert set(FIELD.findall(text)) <= fields, code


@pytest.mark.parametrize(
    ("where", "language", "begins"),
    [
        ("1:8", "en", "At character 8: there is no field teir."),
        ("2:7", "en", "Line 2, character 7: there is no field teir."),
        ("1:8", "zh-Hans", "第 8 个字符"),
        ("2:7", "zh-Hant", "第 2 行第 7 個字元"),
        ("$.all", "en", "$.all: there is no field teir."),
    ],
)
def test_a_place_is_told_in_words(where: str, language: Language, begins: str) -> None:
    """Line and column become words; a path in a JSON form stays what it is."""
    refused = Refused.of(UnknownField(where=where, name="teir", near="tier"), language)
    assert refused.message.startswith(begins)
    assert "evergrove" not in refused.hint
    assert "tier" in refused.hint


def test_a_page_names_a_page_to_who_may_not_come_in(visitor: Callable[..., Browser]) -> None:
    """A viewer at a page of administrators is told where roles are given, and by whom."""
    seen = visitor("viewer").open("/settings/people", 403)
    assert "An administrator gives roles: Settings, People." in seen.text
    assert "evergrove users" not in seen.text


def test_findings_name_the_button_that_mends_them(visitor: Callable[..., Browser]) -> None:
    """A workspace that was never saved says so on the page of health, where backups are made."""
    seen = visitor("admin").open("/settings/health")
    assert "No backup of this workspace is known." in seen.text
    assert "Settings, Health and backup makes one" in seen.text
    assert "evergrove backup makes one" not in seen.text
