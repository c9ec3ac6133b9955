"""Which column plays which role, by its name and by what it holds."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from evergrove.core import _
from evergrove.ingest.columns.errors import ColumnNotFound, NoBuyer
from evergrove.ingest.sources.column import ENOUGH
from evergrove.ingest.values.words import (
    currency_code,
    date_kinds,
    plain,
    plain_header,
    role_words,
    status_state,
    table,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from evergrove.ingest.presets.preset import Preset
    from evergrove.ingest.sources.column import Column

ROLES = tuple(table("columns"))
"""Roles that ``--map`` may name."""
GUEST = "guest"
"""Who bought, where the customer's column says nothing; only presets know of such a column."""

NAMED = _("named with --map")
BY_NAME = _("the header says so and the content fits")
BY_PART = _("part of the header says so and the content fits")
BY_PRESET = _("this is where such an export keeps it")
BY_CONTENT = _("no header says so, but no other column holds such values")
FALLS_BACK = _("fills in where the payment has no date")
AS_AMOUNT = _("no amount and no quantity, so the price is taken for the amount")

_THRESHOLD = 0.3
_DATES = ("date", "created", "refund_date", "updated", "cancelled")
_AMOUNTS = ("amount", "quantity", "price", "refund")
_NO_ID = ("day", "moment", "instant", "other")
_NEVER_SILENT = ("amount", "currency")
_TELLING = (
    "amount",
    "totalamount",
    "orderamount",
    "amountpaid",
    "ordertotal",
    "currency",
    "currencycode",
    "金额",
    "金額",
    "实付金额",
    "實付金額",
    "付款金額",
)
_WEAK = 0.35
_MAY_BE_BLANK = ("refund", "refund_date", "parent", "cancelled", "after_sale", "updated", "coupon")


@dataclass(frozen=True)
class Match:
    """A role's column by position, how sure that is, and why."""

    position: int
    confidence: float
    why: str


@dataclass(frozen=True)
class Guess:
    """The roles of one file's columns, and the preset of its export (None: it is none that is known)."""

    matches: Mapping[str, Match]
    preset: Preset | None = None
    off: frozenset[str] = field(default=frozenset())

    def position(self, role: str) -> int | None:
        """Where a role's column stands; None when the file has none."""
        match = self.matches.get(role)
        return None if match is None else match.position


def guess_columns(
    file: str, columns: Sequence[Column], named: Mapping[str, int | None], preset: Preset | None = None
) -> Guess:
    """
    Give each role the column that suits it best.

    Args:
        file: Name for messages.
        columns: The file's columns with their samples.
        named: What the user said: role to position, None for "no such column".
        preset: Of the file's export, where it is known.

    Returns:
        The roles found. Customer and date are always among them.

    Raises:
        ColumnNotFound: No column, or more than one, could tell the customer or the date.
        NoBuyer: The file is an export in which nobody is named who bought.
    """
    matches = {role: Match(at, 1.0, NAMED) for role, at in named.items() if at is not None}
    off = frozenset(role for role, at in named.items() if at is None)
    if preset is not None:
        off |= {role for role, headers in preset.columns.items() if not headers and role not in named}
    if "amount" not in named and {"quantity", "price"} <= matches.keys():
        off |= {"amount"}
    candidates = [
        (match.confidence, role, at, match.why)
        for role in ROLES
        if role not in matches and role not in off
        for at, column in enumerate(columns)
        if (match := _suits(role, column, preset)) is not None
    ]
    taken = {match.position for match in matches.values()}
    for score, role, at, why in sorted(candidates, key=lambda c: (-c[0], ROLES.index(c[1]), c[2])):
        if role not in matches and at not in taken:
            matches[role] = Match(at, round(min(score, 0.99), 2), why)
            taken.add(at)
    if preset is not None and not preset.has_buyer and "customer" not in matches:
        raise NoBuyer(file=file, title=preset.title)
    _complete(file, columns, matches, off)
    _add_guest(columns, matches, preset)
    return Guess(matches, preset, off)


def _suits(role: str, column: Column, preset: Preset | None) -> Match | None:
    """How well a column suits a role by name and content; its confidence ranks it among others."""
    name, why = _name_score(role, column.name, preset)
    content = _content_score(role, column) if name else 0.0
    if why == BY_PRESET and role in _DATES and column.kind == "integer":
        content = 1.0  # a count of seconds or less since 1970; only who knows the export knows it for a date
    if why == BY_NAME and role in _NEVER_SILENT and plain_header(column.name) in _TELLING:
        content = max(
            content, _WEAK
        )  # better to refuse its rows than to add up money as if it were not there
    return Match(-1, name * content, why) if name * content >= _THRESHOLD else None


def _name_score(role: str, header: str, preset: Preset | None) -> tuple[float, str]:
    words = role_words()[role]
    compared = plain_header(header)
    rank = None if preset is None else preset.rank(role, compared)
    if rank is not None:
        return rank, BY_PRESET
    if compared in words.ranks:
        return 0.9 + 0.09 * words.ranks[compared], BY_NAME
    full = plain(header)
    if any(part in compared for part in words.within) and not any(word in full for word in words.never):
        return 0.7, BY_PART
    return 0.0, ""


def _content_score(role: str, column: Column) -> float:
    """How well the content fits, 0..1; what fits in most rows is taken, so that the others are rejected."""
    if not column.texts and column.kind == "text":
        return 1.0 if role in _MAY_BE_BLANK else _WEAK
    holds: dict[str, Callable[[], float]] = {
        **dict.fromkeys(_DATES, lambda: _mostly(column.dates)),
        **dict.fromkeys(_AMOUNTS, lambda: _mostly(column.amounts)),
        **dict.fromkeys(("status", "after_sale"), lambda: _status_score(column)),
        "cancelled": lambda: 1.0,
        "currency": lambda: _mostly(column.share(lambda text: currency_code(text) is not None)),
        "customer": lambda: _customer_score(column),
        "order": lambda: _id_score(column),
        "coupon": lambda: 0.0 if column.has_decimals and column.amounts >= ENOUGH else 1.0,
    }
    return holds[role]() if role in holds else 1.0


def _mostly(share: float) -> float:
    return 1.0 if share >= ENOUGH else share


def _status_score(column: Column) -> float:
    known = column.share(lambda text: status_state(text) is not None)
    return 1.0 if known >= 0.5 else 0.8 if known > 0 else 0.5


def _id_score(column: Column) -> float:
    """Decimals and dates are no ids; typed decimals may be, as whole numbers with gaps are stored as such."""
    if column.kind in _NO_ID or (column.kind == "text" and column.has_decimals):
        return 0.0
    return 0.8 if column.kind == "decimal" else 1.0


def _customer_score(column: Column) -> float:
    """A column of decimals, dates or one single value tells no customers; a masked one tells them badly."""
    if column.kind != "text" or not _id_score(column) or not column.texts:
        return _id_score(column)
    masked = column.share(lambda text: "*" in text)
    commonest = Counter(column.texts).most_common(1)[0][1] / len(column.texts)
    sameness = 0.6 if len(column.texts) > 20 and commonest > 0.5 else 1.0
    blanks = 1 - len(column.texts) / max(len(column.sample), 1)
    return (1 - 0.5 * masked) * sameness * (0.8 if blanks > 0.5 else 1.0)


def _complete(file: str, columns: Sequence[Column], matches: dict[str, Match], off: frozenset[str]) -> None:
    """Settle by content what no name settled, and refuse what stays open."""
    _by_content("date", columns, matches, lambda c: c.dates >= 0.95 and not _is_number(c))
    has_lines = {"quantity", "price"} <= matches.keys()
    if has_lines and "amount" in matches and matches["amount"].confidence < _WEAK:
        del matches["amount"]
    if "amount" not in off and not has_lines:
        if "amount" not in matches and "price" in matches:
            matches["amount"] = Match(matches.pop("price").position, 0.6, AS_AMOUNT)
        never = role_words()["amount"].never
        _by_content(
            "amount",
            columns,
            matches,
            lambda c: c.has_decimals and not any(word in plain(c.name) for word in never),
        )
    _by_content("customer", columns, matches, _repeats_like_customers)
    for role in ("customer", "date"):
        if role not in matches:
            names = ", ".join(column.name for column in columns[:40])
            raise ColumnNotFound(file=file, role=role, columns=names, example=columns[0].name)
    _add_fallback_date(columns, matches, off)


def _is_number(column: Column) -> bool:
    return column.kind in ("integer", "decimal") or column.amounts >= ENOUGH


def _repeats_like_customers(column: Column) -> bool:
    if _customer_score(column) < 1.0 or column.dates >= ENOUGH or not column.texts:
        return False
    return 0.01 < column.variety < 0.95 and len(set(column.texts)) > 2


def _by_content(
    role: str, columns: Sequence[Column], matches: dict[str, Match], holds: Callable[[Column], bool]
) -> None:
    """Take the only column that is still free and holds such values, if it is the only one."""
    if role in matches:
        return
    taken = {match.position for match in matches.values()}
    found = [at for at, column in enumerate(columns) if at not in taken and holds(column)]
    if len(found) == 1:
        matches[role] = Match(found[0], 0.5, BY_CONTENT)


def _add_guest(columns: Sequence[Column], matches: dict[str, Match], preset: Preset | None) -> None:
    """Where a preset knows who bought without an account, that column fills in."""
    if preset is None or matches["customer"].why == NAMED:
        return
    taken = {match.position for match in matches.values()}
    ranked = [
        (rank, -at)
        for at, column in enumerate(columns)
        if at not in taken and (rank := preset.rank(GUEST, plain_header(column.name))) is not None
    ]
    if ranked:
        rank, at = max(ranked)
        matches[GUEST] = Match(-at, rank, BY_PRESET)


def _add_fallback_date(columns: Sequence[Column], matches: dict[str, Match], off: frozenset[str]) -> None:
    """Where the date is that of payment, the moment of ordering fills in for paid orders without one."""
    kinds = date_kinds()
    if kinds.get(plain_header(columns[matches["date"].position].name)) != "paid" or "created" in off:
        return
    taken = {match.position for match in matches.values()}
    for at, column in enumerate(columns):
        if (
            at not in taken
            and kinds.get(plain_header(column.name)) in ("placed", "created")
            and column.dates >= ENOUGH
        ):
            matches["created"] = Match(at, matches["date"].confidence, FALLS_BACK)
            return
