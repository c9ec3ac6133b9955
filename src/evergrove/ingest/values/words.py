"""The tables of words: headers by role, statuses, codes that are no product, currencies."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

_IGNORED = re.compile(r"[\s_\-.,，。、/\\:：;；'\"‘’“”*#`|\u200b-\u200d\u2060\ufeff]+")
_BRACKETED_UNIT = re.compile(r"[(\[【{][^()\[\]【】{}]*[)\]】}]\s*$")
_ONLY_SIMPLIFIED = frozenset("单时间买订额实状态会员编号优营话邮发货币种顾户数总价")
_ONLY_TRADITIONAL = frozenset("單時間買訂額實狀態會員編號優營話郵發貨幣種顧戶數總價")


@cache
def table(name: str) -> dict[str, Any]:
    """One of the package's TOML tables, ``columns`` or ``words``."""
    text = files("evergrove.ingest").joinpath("data", f"{name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def plain(text: str) -> str:
    """A word as it is compared: full-width forms, case, spaces and punctuation do not count."""
    return _IGNORED.sub("", unicodedata.normalize("NFKC", text)).lower()


def plain_header(text: str) -> str:
    """A header as it is compared: like ``plain``, without a unit in brackets at its end."""
    folded = unicodedata.normalize("NFKC", text).strip()
    return plain(_BRACKETED_UNIT.sub("", folded)) or plain(folded)


def unit_of(header: str) -> str:
    """What stands in brackets at the end of a header, such as the 元 of 总金额(元); empty without."""
    match = _BRACKETED_UNIT.search(unicodedata.normalize("NFKC", header).strip())
    return plain(match.group()[1:]).rstrip(")]}】") if match else ""


def script_of(headers: tuple[str, ...]) -> str:
    """The writing of a header row: "zh-Hans", "zh-Hant", or empty where it is not Chinese."""
    letters = "".join(headers)
    simplified = sum(letter in _ONLY_SIMPLIFIED for letter in letters)
    traditional = sum(letter in _ONLY_TRADITIONAL for letter in letters)
    if simplified == traditional == 0:
        return "zh-Hans" if re.search("[\u4e00-\u9fff]", letters) else ""
    return "zh-Hant" if traditional > simplified else "zh-Hans"


@dataclass(frozen=True)
class RoleWords:
    """The names of one role, as compared: full names with their rank (0..1), telling parts, excluding parts."""

    ranks: dict[str, float]
    within: tuple[str, ...]
    never: tuple[str, ...]


@cache
def role_words() -> dict[str, RoleWords]:
    """Every role's names; those of the date come in three groups of falling rank."""
    roles = {}
    for role, entry in table("columns").items():
        names = entry.get("aliases") or [*entry["paid"], *entry["placed"], *entry["created"]]
        ranks: dict[str, float] = {}
        for position, name in enumerate(names):
            ranks.setdefault(plain_header(name), 1 - position / len(names))
        roles[role] = RoleWords(
            ranks, tuple(map(plain_header, entry["within"])), tuple(map(plain, entry["never"]))
        )
    return roles


@cache
def _all_headers() -> frozenset[str]:
    return frozenset(name for words in role_words().values() for name in words.ranks)


def recognised(cells: Iterable[str], further: frozenset[str] = frozenset()) -> int:
    """How many cells of a row are headers that are known, or named by the user (``further``, as compared)."""
    names = {plain_header(cell) for cell in cells} - {""}
    return len(names & _all_headers()) + len(names & further - _all_headers())


@cache
def date_kinds() -> dict[str, str]:
    """Header of a date to what it is the date of: "paid", "placed" or "created"."""
    entry = table("columns")["date"]
    return {plain_header(name): kind for kind in ("created", "placed", "paid") for name in entry[kind]}


@cache
def blank_words() -> frozenset[str]:
    """Cells that mean nothing, in lower case."""
    return frozenset(word.lower() for word in table("words")["blank"]["words"])


def is_blank(text: str) -> bool:
    """Whether a cell says nothing."""
    stripped = text.strip()
    return not stripped or stripped.lower() in blank_words()


@cache
def total_words() -> frozenset[str]:
    """First words of a row that adds up the others."""
    return frozenset(map(plain, table("words")["total"]["words"]))


@cache
def _status_words() -> dict[str, str]:
    exact = table("words")["status"]["exact"]
    return {plain(word): state for state, words in exact.items() for word in words}


@lru_cache(maxsize=4096)
def status_state(text: str) -> str | None:
    """
    What a status says: "paid", "unpaid", "cancelled", "refunded"; "none" for nothing; None when unknown.

    A partly refunded order stays paid: its refund is counted by amount.
    """
    word = plain(text)
    if not word:
        return "none"
    known = _status_words().get(word)
    if known is not None:
        return known
    parts = table("words")["status"]["parts"]
    return next((state for state, words in parts.items() if any(plain(w) in word for w in words)), None)


@cache
def currency_codes() -> frozenset[str]:
    """ISO 4217 codes in use."""
    return frozenset(table("words")["currency"]["codes"].split())


@cache
def currency_digits() -> dict[int, tuple[str, ...]]:
    """Decimals of a currency's smallest unit, where they are not two, to the codes that have them."""
    digits = table("words")["currency"]["digits"]
    return {int(places): tuple(codes.split()) for places, codes in digits.items()}


@cache
def currency_names() -> dict[str, str]:
    """Other spellings of one currency (NT$, RMB, 人民币) to its code."""
    names = table("words")["currency"]["names"]
    return {spelling.upper(): code for code, spellings in names.items() for spelling in spellings}


@cache
def currency_signs() -> dict[str, tuple[str, ...]]:
    """Signs that several currencies share, to these currencies, the likeliest first."""
    return {sign: tuple(codes) for sign, codes in table("words")["currency"]["signs"].items()}


@lru_cache(maxsize=4096)
def currency_code(text: str) -> str | None:
    """The code of a currency as a cell names it; a shared sign stays a sign; None when it is none."""
    word = unicodedata.normalize("NFKC", text).strip().upper()
    if word in currency_codes():
        return word
    return currency_names().get(word) or (word if word in currency_signs() else None)


def resolved_sign(sign: str, known: frozenset[str], script: str) -> str:
    """
    Which currency a shared sign means in one file.

    Args:
        sign: "$", "¥", "元" and the like.
        known: Codes that the file or the user names elsewhere.
        script: Writing of the headers, as of ``script_of``.
    """
    candidates = currency_signs()[sign]
    named = [code for code in candidates if code in known]
    if named:
        return named[0]
    if script == "zh-Hant" and "TWD" in candidates:
        return "TWD"
    return candidates[0]
