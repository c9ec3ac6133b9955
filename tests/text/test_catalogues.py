"""The catalogues speak every sentence, in the right script, with the same fields."""

from __future__ import annotations

import importlib.util
import re
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

    settings = {m.id for m in messages.collected(package / "settings")}
    report = {m.id for m in messages.collected(package / "report")}

    assert any("setting" in str(sentence) or "{" in str(sentence) for sentence in settings if sentence)
    assert "How each number is computed" in report


# Sentences whose number is never one, each with the reason.
NEVER_ONE = {
    "{customers} customers are slipping away": "one customer has a sentence of its own",
    "With these {count} customers alone": "one customer has a sentence of its own",
    "Your {customers} customers are expected": "one customer has a sentence of its own",
    "{age} months later": "the first month has a sentence of its own",
    "{age} quarters later": "the first quarter has a sentence of its own",
    "{columns} columns; up to {limit} are read": "the limit is far above one",
    "One form takes up to {most} files": "the limit is far above one",
    "{members} files; at most {limit} are unpacked": "said above the limit only",
    "of {customers} customers; all stand in the CSV": "said above ten thousand only",
    "Since {since} customers have": "a day stands there, no number",
    "Under {wanted} customers an arm": "the least number is far above one",
    "from some {needed} customers on": "the least number is far above one",
}
COUNTED = r"(customer|order|row|purchase|day|week|month|quarter|file|column|repeater|playbook)s"


def test_no_sentence_says_1_days(messages: ModuleType) -> None:
    """A counted noun agrees with its number, by ``{days:day|days}``, unless one never stands there."""
    spoken = [str(m.id) for station in messages.stations() for m in messages.collected(station) if m.id]

    stiff = [
        text
        for text in spoken
        if re.search(rf"\{{\w+\}} ((good|more|paid|purchase|repeat|scored) )?{COUNTED}\b", text)
    ]

    assert [text for text in stiff if not any(known in text for known in NEVER_ONE)] == []


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
