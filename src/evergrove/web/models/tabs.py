"""Where the pages about models are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.core import _

if TYPE_CHECKING:
    from evergrove.text import Formats

PATH = "/models"
HISTORIES = "/models/histories"
BACK_TESTS = "/models/back-tests"
RUNS = "/models/runs"


def tabs(formats: Formats) -> list[tuple[str, str, str]]:
    """Path, name and key of each."""
    return [
        (PATH, formats.say(_("In short")), "short"),
        (HISTORIES, formats.say(_("What silence means")), "histories"),
        (BACK_TESTS, formats.say(_("Back-tests")), "back_tests"),
        (RUNS, formats.say(_("Runs")), "runs"),
    ]
