"""What a person sees while a command runs: progress, errors as sentences, exit codes."""

from __future__ import annotations

import json
import os
import re
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from unicodedata import east_asian_width

from evergrove.core import _
from evergrove.text import language, say, translator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from evergrove.core import EvergroveError, EvergroveWarning
    from evergrove.text import Language

NOTE = _("Note:")
PATIENCE_S = 1.0
"""A stage that takes longer than this is announced even where nothing can be redrawn."""
_NUMBER = re.compile(r"[-<]?(\W|[A-Z]{1,3}\W)?\d|[-–]?$")
"""How a cell begins that stands to the right: a number, an amount with its sign, nothing, or a stroke for it."""


_HIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""What moves a terminal's cursor, begins its commands or turns round what is read."""


def visible(text: str) -> str:
    """
    One line of text in which nothing acts on the terminal.

    Names of files, headers and customers come from others; JSON spells what is hidden in the same way.
    """
    return _HIDDEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def preferred_language(option: str | None, setting: str) -> Language:
    """The language of an option, else of the settings when they name one, else of the environment."""
    if option:
        return language(option)
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if os.environ.get(name, "").lower().startswith("zh"):
            return language(os.environ[name])
    return language(setting)


@dataclass(frozen=True)
class Terminal:
    """
    The two streams of a command: results on standard output, everything about the work on standard error.

    Attributes:
        language: In which sentences are written.
        quiet: Only errors.
        machine: Results as JSON.
        debug: Tracebacks instead of sentences.
    """

    language: Language
    quiet: bool = False
    machine: bool = False
    debug: bool = False

    def say(self, sentence: str = "") -> None:
        """Write one line of the result."""
        if not self.quiet and not self.machine:
            sys.stdout.write(visible(sentence) + "\n")

    def table(self, title: str, rows: Sequence[tuple[str, ...]], header: tuple[str, ...] = ()) -> None:
        """Write a title, a header where there is one, and aligned rows, numbers to the right; nothing without rows."""
        if not rows:
            return
        self.say()
        self.say(title)
        columns = list(zip(*rows, strict=True))
        align = [">" if all(_NUMBER.match(cell) for cell in column) else "<" for column in columns]
        shown = [header, *rows] if header else rows
        widths = [max(map(_cells, column)) for column in zip(*shown, strict=True)]
        for row in shown:
            cells = (
                _aligned(cell, side, width) for cell, side, width in zip(row, align, widths, strict=True)
            )
            self.say(("  " + "  ".join(cells)).rstrip())

    def result(self, kind: str, content: dict[str, Any]) -> None:
        """
        Write the result for machines, if that is what was asked for.

        Args:
            kind: What it is: the document begins with ``"format": "evergrove.<kind>/1"`` unless it says so itself.
            content: The rest.
        """
        if self.machine:
            document = {"format": f"evergrove.{kind}/1", **content}
            written = json.dumps(document, ensure_ascii=False, indent=2)
            sys.stdout.write("\n".join(map(visible, written.split("\n"))) + "\n")

    def warn(self, warning: EvergroveWarning) -> None:
        """Write a warning, on standard error."""
        if not self.quiet:
            gap = "" if self.language.startswith("zh") else " "  # the full-width colon brings its own
            sys.stderr.write(
                visible(f"{translator(self.language)(NOTE)}{gap}{say(warning, self.language)}") + "\n"
            )

    def refuse(self, error: EvergroveError) -> None:
        """Write an error, with its code for those who search."""
        if self.machine:
            sentence = say(error, self.language)
            params = {
                name: ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
                for name, value in error.params.items()
            }
            self.result("error", {"error": {"code": error.code, "message": sentence, "params": params}})
        else:
            sys.stderr.write(visible(f"{say(error, self.language)} [{error.code}]") + "\n")

    @contextmanager
    def progress(self) -> Iterator[Callable[[str], None]]:
        """Show which stage is running: redrawn in place on a terminal, a line for each long stage elsewhere."""
        translate = translator(self.language)
        if self.quiet or self.machine:
            yield lambda _stage: None
        elif sys.stderr.isatty():
            with self._redrawn() as announce:
                yield lambda stage: announce(translate(stage))
        else:
            announce = self._lines()
            yield lambda stage: announce(translate(stage))

    def _lines(self) -> Callable[[str], None]:
        began, running = time.monotonic(), ""

        def announce(stage: str) -> None:
            nonlocal began, running
            now = time.monotonic()
            if running and now - began > PATIENCE_S:
                sys.stderr.write(f"{running} {now - began:.1f} s\n")
            began, running = now, stage

        return announce

    @contextmanager
    def _redrawn(self) -> Iterator[Callable[[str], None]]:
        from rich.console import Console  # noqa: PLC0415 - only a terminal pays for it
        from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415

        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("", total=None)
            yield lambda stage: bar.update(task, description=stage)


def _cells(text: str) -> int:
    """How many cells of a terminal a text takes: a Chinese character takes two."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def _aligned(text: str, side: str, width: int) -> str:
    padding = " " * (width - _cells(text))
    return padding + text if side == ">" else text + padding
