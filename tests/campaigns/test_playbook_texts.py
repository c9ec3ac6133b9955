"""A playbook as a text: what is written reads back the same, and a mistake is told with its line."""

from __future__ import annotations

import tomllib

import pytest

from evergrove.campaigns import playbook_of
from evergrove.campaigns.errors import InvalidPlaybook, UnknownPlaybookFormat, UnreadablePlaybook
from evergrove.campaigns.reading import shipped_documents
from evergrove.campaigns.written import document_written, lines_named, playbook_text

SHIPPED = {document["key"]: document for document in shipped_documents()}


@pytest.mark.parametrize("key", sorted(SHIPPED))
def test_what_is_written_reads_back_the_same(key: str) -> None:
    """Python's own reader is the judge; a changed copy has no file, and is written from its document."""
    shipped = SHIPPED[key]
    changed = {**shipped, "version": 7, "note": 'a "quoted" \\ word\nand another line, 顧客 \x7f'}

    assert tomllib.loads(playbook_text(shipped)) == shipped
    assert tomllib.loads(playbook_text(changed)) == changed


def test_a_shipped_playbook_keeps_its_comments() -> None:
    """As its file has it; one that was changed is another text."""
    assert playbook_text(SHIPPED["L5"]).startswith("# A customer who drifts away")
    assert "#" not in playbook_text({**SHIPPED["L5"], "version": 2})


MISTAKES = {
    "silent_days = 7": ("silent_days = -1", "silent_days = -1"),
    'kind = "stage"': ('kinds = "stage"', "[trigger]"),
    "percent = 5": ("percent = 500", "percent = 500"),
    "priority = 20": ("priorty = 20", None),
    'stays_in = ["decline"]': ('stays_in = ["declined"]', 'stays_in = ["declined"]'),
    'format = "evergrove.playbook/1"': ('format = "other/1"', 'format = "other/1"'),
    'template = "decline-offer"': ('template = ""', 'template = ""'),
}


@pytest.mark.parametrize("right", sorted(MISTAKES))
def test_a_mistake_is_told_with_its_line(right: str) -> None:
    """The line that was broken, or the head of the table in which something is missing."""
    wrong, shown = MISTAKES[right]
    text = playbook_text(SHIPPED["L5"]).replace(right, wrong)

    with pytest.raises((InvalidPlaybook, UnknownPlaybookFormat)) as raised, lines_named(text):
        playbook_of(document_written(text))

    line = raised.value.params.get("line")
    assert (text.splitlines()[line - 1] if isinstance(line, int) else None) == shown
    assert str(raised.value).startswith(f"Line {line}" if line else "The text")


def test_the_second_of_two_steps_is_told_from_the_first() -> None:
    """Both have an entry of that name."""
    text = playbook_text(SHIPPED["L5"]).replace("after_days = 14", "after_days = -14")

    with pytest.raises(InvalidPlaybook) as raised, lines_named(text):
        playbook_of(document_written(text))

    assert text.splitlines()[int(str(raised.value.params["line"])) - 1] == "after_days = -14"


def test_what_is_no_toml_is_told_with_its_line() -> None:
    """As the reader of TOML counts them."""
    with pytest.raises(UnreadablePlaybook) as raised:
        document_written('format = "evergrove.playbook/1"\nkey = \n')

    assert raised.value.params["line"] == 2
