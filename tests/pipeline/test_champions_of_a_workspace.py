"""Which back-test a night hears."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any, cast

from evergrove.pipeline.champions import champions_here


def here(details: dict[str, Any] | None) -> Any:
    """The champions of a workspace whose last back-test noted this."""
    newest = None if details is None else SimpleNamespace(details=details)
    return champions_here(cast("Any", SimpleNamespace(newest=lambda _kind: newest)), date(2026, 7, 1))


def test_without_a_back_test_there_are_none() -> None:
    """Auto decides alone."""
    assert here(None) is None


def test_those_of_another_version_stop_no_night() -> None:
    """They may have been written by a later Evergrove that was taken away again."""
    assert here({"champions": {"format": "evergrove.champions/9"}}) is None
