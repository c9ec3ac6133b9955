"""What rooms tell of themselves is known to the service: fields of lines, names of figures, and their labels."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import evergrove
from evergrove.server.logs import FIELDS
from evergrove.server.metrics.families import BY_TOLD

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = Path(evergrove.__file__).parent
OWN = {"level", "exc_info"}


def calls(name: str) -> Iterator[tuple[str, ast.Call]]:
    """Every call of a function of the seam, and where it stands."""
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == name
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id == "watching"
            ):
                yield f"{path.relative_to(SOURCE)}:{node.lineno}", node


def test_every_field_that_is_said_is_in_the_list() -> None:
    """Another one would be left out of its line."""
    strange = {
        f"{where}: {keyword.arg}"
        for where, call in calls("said")
        for keyword in call.keywords
        if keyword.arg is not None and keyword.arg not in {*FIELDS, *OWN}
    }
    assert strange == set()


def test_events_of_the_log_are_constant_words() -> None:
    """What stands in their place could be anybody's name."""
    assert [where for where, call in calls("said") if not isinstance(call.args[0], ast.Constant)] == []


@pytest.mark.parametrize(
    ("function", "kind", "before"), [("counted", "counter", 1), ("took", "histogram", 2)]
)
def test_every_figure_that_is_told_has_a_family(function: str, kind: str, before: int) -> None:
    """Of the right kind, with as many labels as it has."""
    found = list(calls(function))
    assert found
    for where, call in found:
        name = call.args[0]
        if isinstance(name, ast.Constant):
            family = BY_TOLD[str(name.value)]
            labels = tuple(each for each in family.labels if each != "process")
            assert (family.kind, len(labels)) == (kind, len(call.args) - before), where


def test_every_figure_that_can_be_told_is(  # what nobody tells would stay at nothing for ever
) -> None:
    """Each family that rooms tell of is told somewhere."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py"))
    told = [name for name in BY_TOLD if text.count(f'"{name}"') >= 2]  # once in the list of families
    composed = {"live.compaction"}  # of the name of a chore
    assert set(BY_TOLD) - set(told) <= composed
