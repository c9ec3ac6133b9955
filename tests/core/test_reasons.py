"""Why the operating system refused, in the reader's language."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

import pytest

from evergrove.core import reason_of
from evergrove.export import FolderNotWritable
from evergrove.settings import UnreadableSettings, load_settings
from evergrove.text import LANGUAGES, Language, say

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("language", [each for each in LANGUAGES if each != "en"])
@pytest.mark.parametrize("name", ["ENOENT", "EACCES", "EPERM", "ENOSPC", "EISDIR", "ENOTDIR", "EROFS"])
def test_a_chinese_sentence_gives_no_english_reason(language: Language, name: str) -> None:
    """The refusals that people meet have words of our own in every language."""
    number = getattr(errno, name)
    refused = FolderNotWritable(folder="/", reason=reason_of(OSError(number, os.strerror(number))))

    said = say(refused, language)

    assert not any(character.isalpha() and character.isascii() for character in said.replace("-o", ""))


def test_a_rare_reason_stays_as_the_system_words_it() -> None:
    """Better a foreign word than none."""
    assert reason_of(OSError(errno.ELOOP, "Too many levels")) == "Too many levels"
    assert reason_of(OSError("no number")) == "no number"
    assert reason_of(TimeoutError()) == "TimeoutError"


def test_missing_settings_are_named_in_the_readers_language(tmp_path: Path) -> None:
    """The reason of a real refusal reaches the sentence."""
    with pytest.raises(UnreadableSettings) as refused:
        load_settings(tmp_path / "none.toml")

    assert "没有这个文件或文件夹" in say(refused.value, "zh-Hans")
    assert "no such file or folder" in str(refused.value)
