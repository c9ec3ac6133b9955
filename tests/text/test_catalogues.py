"""The catalogues speak every sentence, in the right script, with the same fields."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from babel.messages.catalog import Message

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def messages() -> ModuleType:
    """tools/messages.py, which is a script and no package."""
    spec = importlib.util.spec_from_file_location("messages", ROOT / "tools" / "messages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_catalogues_are_complete_fresh_and_without_faults(messages: ModuleType) -> None:
    """Nothing is missing, stale, fuzzy, in the other script or with other fields than the English."""
    assert messages.complaints() == []


def test_sentences_of_modules_and_of_templates_are_collected(messages: ModuleType) -> None:
    """A module without a package of its own speaks too, and so does a page."""
    package = messages.PACKAGE

    settings = {m.id for m in messages.collected(package / "settings.py")}
    report = {m.id for m in messages.collected(package / "report")}

    assert any("setting" in str(sentence) or "{" in str(sentence) for sentence in settings if sentence)
    assert "How each number is computed" in report


@pytest.mark.parametrize(
    ("language", "english", "translated", "fault"),
    [
        ("zh_Hant", "{count} orders", "{count} 笔订单", "not zh_Hant: 笔 订 单"),
        ("zh_Hant", "{count} files", "{count} 個文件", "not zh_Hant: 文件"),
        ("zh_Hans", "{count} orders", "{count} 筆訂單", "not zh_Hans: 筆 訂 單"),
        ("zh_Hans", "{count} orders", "{number} 笔订单", "fields ['number'] instead of ['count']"),
        ("zh_Hans", "{count} orders", "{count 笔订单", "fields ['?'] instead of ['count']"),
        ("zh_Hans", "orders", "", "no translation"),
    ],
)
def test_a_faulty_translation_is_named(
    messages: ModuleType, language: str, english: str, translated: str, fault: str
) -> None:
    """The check finds what it is there for."""
    assert list(messages.faults(Message(english, translated), language)) == [fault]


def test_a_good_translation_has_no_fault(messages: ModuleType) -> None:
    """Full-width signs and Latin letters belong to both scripts."""
    assert list(messages.faults(Message("{n} orders: CLV", "{n} 筆訂單：CLV（估計）"), "zh_Hant")) == []
    assert list(messages.faults(Message("{n} orders: CLV", "{n} 笔订单：CLV（估计）"), "zh_Hans")) == []


def test_a_fuzzy_translation_is_refused(messages: ModuleType) -> None:
    """A guess that nobody has read does not count."""
    assert list(messages.faults(Message("orders", "订单", flags=["fuzzy"]), "zh_Hans")) == ["marked fuzzy"]


def test_two_stations_may_not_contradict_each_other(messages: ModuleType) -> None:
    """The compiled catalogue has room for one translation of a sentence."""
    one, two = messages.Catalog(locale="zh_Hans"), messages.Catalog(locale="zh_Hans")
    one.add("order", "订单")
    two.add("order", "顺序")

    assert messages.ambiguous([one, two]) == ["order"]
    assert messages.ambiguous([one, one]) == []
