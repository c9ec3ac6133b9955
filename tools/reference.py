"""
Write the reference pages that the code itself declares: columns, settings, error codes.

``--check`` changes nothing and fails when a page is stale.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
import sys
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

import evergrove
from evergrove.core import EvergroveError, EvergroveWarning
from evergrove.export import CUSTOMER_COLUMNS, SCORE_COLUMNS, TIER_COLUMNS, TRANSITION_COLUMNS
from evergrove.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from evergrove.export import Column

PAGES = Path(__file__).resolve().parents[1] / "docs" / "reference"
AGREEING = re.compile(r"\{\w+:[^{}|]*\|([^{}]*)\}")
"""Words that agree with a number, ``{days:day|days}``: the page shows those for many."""


def described(columns: Sequence[Column]) -> list[str]:
    """A table of columns."""
    rows = [f"| `{c.name}` | {c.type} | {c.unit or '-'} | {c.sentence} |" for c in columns]
    return ["| column | type | unit | says |", "|---|---|---|---|", *rows, ""]


def columns() -> str:
    """The published tables."""
    known = {column.name for column in CUSTOMER_COLUMNS}
    return "\n".join(
        [
            "# Columns of customers.parquet",
            "",
            "One row per customer, in this order; later stations append. The rules behind each figure stand in",
            "[definitions](definitions.md). NULL means that the figure cannot be given; the report says why.",
            "",
            *described(CUSTOMER_COLUMNS),
            "## What a workspace publishes each night",
            "",
            "`evergrove export scores|tiers|transitions` writes the newest. **scores**: the columns above without `tier`,",
            "`stage` and `action`, and",
            "",
            *described([column for column in SCORE_COLUMNS if column.name not in known]),
            "**tiers**: where everybody stands, and what the next run must remember of it.",
            "",
            *described(TIER_COLUMNS),
            "**transitions**: who moved, in which run and why; rows are added and never changed.",
            "",
            *described(TRANSITION_COLUMNS),
        ]
    )


def settings() -> str:
    """Every setting, by section."""
    lines = [
        "# Settings",
        "",
        "Defaults, overridden by `evergrove.toml` in the current folder (or `--settings FILE`), overridden by",
        "`EVERGROVE_<SECTION>_<NAME>` in the environment, overridden by options of the command.",
    ]
    for section in fields(Settings):
        current = getattr(Settings(), section.name)
        lines += ["", f"## [{section.name}]", "", "| name | default | unit | says |", "|---|---|---|---|"]
        for each in fields(current):
            default = getattr(current, each.name)
            shown = "-" if default is None or default == "" else f"`{default}`"
            unit, sentence = each.metadata["unit"] or "-", each.metadata["sentence"]
            lines.append(f"| `{each.name}` | {shown} | {unit} | {sentence} |")
    return "\n".join([*lines, ""])


def worded() -> Iterator[type[EvergroveError | EvergroveWarning]]:
    """Every error and warning that has a code of its own."""
    for module in pkgutil.walk_packages(evergrove.__path__, "evergrove."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    waiting: list[type[EvergroveError | EvergroveWarning]] = [EvergroveError, EvergroveWarning]
    while waiting:
        current = waiting.pop()
        waiting += current.__subclasses__()
        if "message" in vars(current):
            yield current


def errors() -> str:
    """Every code, once: what a person reads when searching for it."""
    rows = []
    for each in sorted(worded(), key=lambda one: one.code):
        kind = "note" if issubclass(each, EvergroveWarning) else f"exit {each.exit_status}"
        says = AGREEING.sub(r"\1", f"{each.message} {each.hint}").replace("\n", " ")
        rows.append(f"| `{each.code}` | {kind} | {says} |")
    return "\n".join(
        [
            "# Codes",
            "",
            "Every error and note that Evergrove can say. A code is never used again for something else.",
            "",
            "| code | kind | says |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )


def main(*, check: bool) -> int:
    """Write (or check) every page; returns the exit status."""
    stale = []
    for name, text in (("columns", columns()), ("settings", settings()), ("codes", errors())):
        path = PAGES / f"{name}.md"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(path.name)
            if not check:
                path.write_text(text, encoding="utf-8")
    print(
        "\n".join(f"{name}: {'stale, run make reference' if check else 'written'}" for name in stale)
        or "fresh"
    )
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv))
