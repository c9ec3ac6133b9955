"""Codes of a shop's own system: brought in as a file, every row accounted for, and given out in the order of the file."""

from __future__ import annotations

import csv
import io
import unicodedata
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, or_, select

from evergrove import audit
from evergrove.core import EvergroveError, InputError, Term, _, stable_id
from evergrove.ledger import insert_new, upsert
from evergrove.people.parts import in_parts
from evergrove.programs.coupons.campaigns import campaign_of, stocked_of
from evergrove.programs.coupons.codes import LONGEST, normal_code
from evergrove.programs.coupons.entries import midnight
from evergrove.programs.coupons.errors import UnreadableCodes
from evergrove.programs.coupons.holding import hold
from evergrove.programs.coupons.rules import check_amount, end_of
from evergrove.programs.coupons.tables import coupon, coupon_stock

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Connection, Row

    from evergrove.programs.coupons.types import Terms

MOST_ROWS = 100_000
LEAST_LETTERS = 4
HEADERS: Mapping[str, tuple[str, ...]] = {
    "code": (
        "code",
        "coupon",
        "coupon_code",
        "discount_code",
        "voucher",
        "券码",
        "优惠码",
        "優惠碼",
        "折扣碼",
    ),
    "value": ("amount", "value", "金额", "面额", "金額", "面額"),
    "valid_until": ("valid_until", "expires_at", "expiry", "有效期至", "到期日", "有效期限"),
}
NOT_UTF8 = Term(_("it is written neither in UTF-8 nor in GB18030"))
NO_CODES = Term(_("it has no column of codes"))
TOO_MANY = Term(_("it has more than 100,000 rows"))
ENCODINGS = ("utf-8-sig", "gb18030")


class NoStock(InputError):
    """The campaign draws its codes itself; a face answers 409."""

    code = "programs.no_stock"
    message = _("The campaign {key} draws its codes itself and takes none of a file.")
    hint = _("Give it a new version with stock = true.")


class StockOverCap(InputError):
    """More codes than the campaign may give out; nothing of the file was taken; a face answers 409."""

    code = "programs.stock_over_cap"
    message = _(
        "{new} new {new:code|codes} and the {there} that {key} has would be more than its limit_issued of {limit}. Nothing of the file was taken."
    )
    hint = _("Leave {over} {over:code|codes} out, or count version up with a higher limit_issued.")


class UnusableCode(InputError):
    """A cell that cannot be a code."""

    code = "programs.unusable_code"
    message = _("{code} cannot be a code.")
    hint = _("A code has 4 to 40 letters A-Z and digits; blanks and strokes make no difference.")


class UnusableCell(InputError):
    """A value or a day of a row that cannot be used."""

    code = "programs.unusable_cell"
    message = _("{name} = {value} cannot be used.")
    hint = _("An amount in digits such as 30.00, per cent from 0.01 to 100, a day such as 2026-12-31.")


class CodeRepeated(InputError):
    """A code stands in the file more than once."""

    code = "programs.code_repeated"
    message = _("{code} stands in line {first} already.")
    hint = _("Only the first of them was taken.")


class CodeElsewhere(InputError):
    """A code belongs to another campaign."""

    code = "programs.code_elsewhere"
    message = _("{code} is a code of the campaign {campaign}.")
    hint = _("A code means one thing: let the shop system make another one.")


class CodeOver(InputError):
    """A code whose time is over already."""

    code = "programs.code_over"
    message = _("{code} was valid until {day} only.")
    hint = _("Nobody could use it: leave it out.")


@dataclass(frozen=True)
class RefusedCode:
    """A row that was not taken, by its line, and why."""

    line: int
    code: str
    error: EvergroveError


@dataclass
class Brought:
    """
    Where the rows of a file went: read = taken + known + refused.

    Attributes:
        taken: New in the stock.
        known: There before, waiting or given out.
        refused: With their reasons.
        waiting: Codes that may be given out, all files together.
    """

    read: int = 0
    taken: int = 0
    known: int = 0
    refused: list[RefusedCode] = field(default_factory=list)
    waiting: int = 0


@dataclass(frozen=True)
class _Row:
    line: int
    code: str
    spelling: str
    value: Decimal | None
    valid_until: datetime | None


def bring_codes(
    connection: Connection, key: str, content: bytes, now: datetime, *, by: str = "cli"
) -> Brought:
    """
    Take codes of the shop's own into a campaign's stock; the same file again changes nothing.

    Args:
        connection: Of a ``writing`` block.
        key: Of the campaign; its terms say ``stock = true``.
        content: CSV, UTF-8 or GB18030: codes alone, or under a header with what each takes off and its last day.
        now: The present moment.
        by: Who does it.

    Raises:
        UnknownCampaign: There is none of that key.
        NoStock: It draws its codes itself.
        UnreadableCodes: It is no such file.
        StockOverCap: There are more than the campaign may give out.
    """
    campaign_of(connection, key)
    row = hold(connection, (), [key], now)[key]
    terms = campaign_of(connection, key).terms
    if not terms.stock:
        raise NoStock(key=key)
    account, found = Brought(), dict[str, _Row]()
    for line, cells in _cells(content):
        account.read += 1
        try:
            one = _row(line, cells, terms, now)
            if one.code in found:
                raise CodeRepeated(code=one.spelling, first=found[one.code].line)
        except InputError as error:
            account.refused.append(RefusedCode(line, cells.get("code", "")[: 2 * LONGEST], error))
            continue
        found[one.code] = one
    _without_known(connection, key, found, account)
    there = row.issued + stocked_of(connection, key)
    if row.limit_issued is not None and there + len(found) > row.limit_issued:
        over = there + len(found) - row.limit_issued
        raise StockOverCap(key=key, new=len(found), there=there, limit=row.limit_issued, over=over)
    _put(connection, key, list(found.values()), now)
    account.taken, account.waiting = len(found), stocked_of(connection, key)
    account.refused.sort(key=lambda each: each.line)
    if found:
        what, told = audit.subject("coupon_campaign", key), {"codes": len(found)}
        audit.note(connection, "programs.codes_brought", by, what, told, at=now)
    return account


def _without_known(connection: Connection, key: str, found: dict[str, _Row], account: Brought) -> None:
    """Take out what is there already: of this campaign it is known, of another it is refused."""
    for part in in_parts(list(found)):
        for table in (coupon_stock, coupon):
            rows = connection.execute(select(table.c.code, table.c.campaign).where(table.c.code.in_(part)))
            for code, campaign in rows.all():
                one = found.pop(code, None)
                if one is None:
                    continue
                if campaign == key:
                    account.known += 1
                else:
                    error = CodeElsewhere(code=one.spelling, campaign=campaign)
                    account.refused.append(RefusedCode(one.line, one.spelling, error))


def _put(connection: Connection, key: str, rows: Sequence[_Row], now: datetime) -> None:
    last = select(func.max(coupon_stock.c.place)).where(coupon_stock.c.campaign == key)
    begin = (connection.execute(last).scalar() or 0) + 1
    new = [
        {
            "code": each.code,
            "campaign": key,
            "spelling": each.spelling,
            "value": each.value,
            "valid_until": each.valid_until,
            "place": place,
            "brought_at": now,
            "coupon_id": None,
        }
        for place, each in enumerate(rows, begin)
    ]
    insert_new(connection, coupon_stock, new)


def _cells(content: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    reader = csv.reader(io.StringIO(_text(content), newline=""), strict=True)
    places: dict[str, int] = {}
    count = 0
    try:
        for cells in reader:
            stripped = [cell.strip() for cell in cells]
            if not any(stripped):
                continue
            if not places:
                places = _places(stripped)
                if places:
                    continue
                if len(stripped) > 1:
                    raise UnreadableCodes(reason=NO_CODES)
                places = {"code": 0}
            count += 1
            if count > MOST_ROWS:
                raise UnreadableCodes(reason=TOO_MANY)
            yield reader.line_num, {name: stripped[at] for name, at in places.items() if at < len(stripped)}
    except csv.Error as error:
        raise UnreadableCodes(reason=str(error)) from error
    if not places:
        raise UnreadableCodes(reason=NO_CODES)


def _places(header: Sequence[str]) -> dict[str, int]:
    """Where each column stands; empty where the first row is no header."""
    named = [cell.lower().replace(" ", "_") for cell in header]
    found = {name: at for name, known in HEADERS.items() for at, cell in enumerate(named) if cell in known}
    return found if "code" in found else {}


def _text(content: bytes) -> str:
    for encoding in ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnreadableCodes(reason=NOT_UTF8)


def _row(line: int, cells: Mapping[str, str], terms: Terms, now: datetime) -> _Row:
    spelling = cells.get("code", "")
    code = normal_code(spelling)
    letters = [each for each in unicodedata.normalize("NFKC", spelling) if each.isalnum()]
    if len(letters) != len(code) or not LEAST_LETTERS <= len(code) <= LONGEST or not spelling.isprintable():
        raise UnusableCode(code=spelling[: 2 * LONGEST])
    value = _value(cells["value"], terms) if cells.get("value") else None
    until = _until(cells["valid_until"], terms.timezone) if cells.get("valid_until") else None
    if until is not None and until <= now:
        raise CodeOver(code=spelling, day=cells["valid_until"])
    return _Row(line, code, spelling, value, until)


def _value(text: str, terms: Terms) -> Decimal:
    """What a code of its own value takes off; steps of spend have none."""
    wrong = UnusableCell(name="amount", value=text[:40])
    if terms.kind == "threshold":
        raise wrong
    try:
        value = Decimal(text)
    except InvalidOperation as error:
        raise wrong from error
    if terms.kind == "percent":
        if not value.is_finite() or not 0 < value <= 100 or value != round(value, 2):
            raise wrong
        return value
    check_amount("amount", value, terms)
    return value


def _until(text: str, zone: str) -> datetime:
    """The end of a day, itself outside."""
    try:
        return midnight(date.fromisoformat(text[:10]) + timedelta(days=1), zone)
    except (ValueError, OverflowError) as error:
        raise UnusableCell(name="valid_until", value=text[:40]) from error


def waiting_codes(connection: Connection, key: str, now: datetime, most: int) -> list[Row[Any]]:
    """The next codes of a campaign's stock, in the order of the files; the campaign is locked."""
    row = coupon_stock.c
    lasts = or_(row.valid_until.is_(None), row.valid_until > now)
    query = select(coupon_stock).where(row.campaign == key, row.coupon_id.is_(None), lasts)
    return list(connection.execute(query.order_by(row.place).limit(most)).all())


def stocked_id(code: str) -> str:
    """Under which id a code of a stock is given out; one that came back is given out again under the same."""
    return stable_id("coupon", "stock", code)


def give_from_stock(
    connection: Connection,
    terms: Terms,
    given: Mapping[str, tuple[str | None, Row[Any]]],
    now: datetime,
) -> None:
    """
    Turn codes of the stock into coupons of customers.

    Args:
        connection: Of a ``writing`` block; the campaign is locked.
        terms: Of the campaign.
        given: By coupon id: the customer, None for nobody yet, and the row of the stock.
        now: The present moment.
    """
    own = end_of(terms, now)
    rows = [
        {
            "id": name,
            "campaign": terms.key,
            "version": terms.version,
            "code": row.code,
            "is_shared": False,
            "customer_id": customer,
            "state": "issued",
            "issued_at": now,
            "valid_from": terms.valid_from,
            "valid_until": min((each for each in (own, row.valid_until) if each is not None), default=None),
            "spelling": row.spelling,
            "value": row.value,
        }
        for name, (customer, row) in given.items()
    ]
    upsert(connection, coupon, rows, ["id"])
    for name, (_customer, row) in given.items():
        mine = (coupon_stock.c.code == row.code) & coupon_stock.c.coupon_id.is_(None)
        connection.execute(coupon_stock.update().where(mine).values(coupon_id=name))


def back_to_stock(connection: Connection, coupon_id: str) -> bool:
    """Have a code that never reached anybody wait again; False where it is none of a stock."""
    mine = coupon_stock.c.coupon_id == coupon_id
    return bool(connection.execute(coupon_stock.update().where(mine).values(coupon_id=None)).rowcount)
