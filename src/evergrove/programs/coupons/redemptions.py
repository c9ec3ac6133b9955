"""A file of redemptions that the shop made itself: every row is taken, known already, or refused with its reason."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from evergrove.core import EvergroveError, InputError, Term, _
from evergrove.people.parts import in_parts
from evergrove.programs.coupons.codes import normal_code
from evergrove.programs.coupons.errors import InvalidName
from evergrove.programs.coupons.holding import hold
from evergrove.programs.coupons.rules import check_names
from evergrove.programs.coupons.tables import coupon
from evergrove.programs.coupons.types import Order
from evergrove.programs.coupons.using import redeem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from evergrove.ledger import Ledger

NEEDED = ("order_id", "code", "amount")
KNOWN = (*NEEDED, "customer_id", "currency", "cost")
MOST_ROWS = 100_000
LONGEST_CELL = 1_000
NOT_UTF8 = Term(_("it is written neither in UTF-8 nor in GB18030"))
NO_ROWS = Term(_("it has no header"))
TOO_MANY = Term(_("it has more than 100,000 rows"))
ENCODINGS = ("utf-8-sig", "gb18030")


class UnreadableRedemptions(InputError):
    """The file is no table of redemptions."""

    code = "programs.unreadable_redemptions"
    message = _("The redemptions cannot be read: {reason}.")
    hint = _(
        "It takes CSV with the columns order_id, code, amount, and if known customer_id, currency, cost."
    )


class MissingColumn(UnreadableRedemptions):
    """A column that is needed is not there."""

    code = "programs.missing_column"
    message = _("The redemptions have no column {name}.")
    hint = _("Columns that are needed: {needed}; the file has: {found}.")


class UnreadableRow(InputError):
    """A row's amount is no number, or a cell is missing."""

    code = "programs.unreadable_row"
    message = _("{name} cannot be read.")
    hint = _("Write an amount in digits with a point for decimals: 128.50.")


@dataclass(frozen=True)
class Refused:
    """A row that was not taken, by its line, and why."""

    line: int
    order_id: str
    error: EvergroveError


@dataclass
class Account:
    """
    Where the rows of a file went: read = taken + known + refused.

    Attributes:
        taken: Redeemed now.
        known: Redeemed before.
        refused: With their reasons.
        discount: What the codes took off the orders that were taken now, in the campaigns' rules.
    """

    read: int = 0
    taken: int = 0
    known: int = 0
    refused: list[Refused] = field(default_factory=list)
    discount: Decimal = Decimal(0)


@dataclass(frozen=True)
class _Row:
    line: int
    code: str
    order: Order


def take_redemptions(
    ledger: Ledger,
    content: bytes,
    now: datetime,
    *,
    currency: str,
    cost_of: Callable[[Decimal], Decimal | None] = lambda _amount: None,
    by: str = "cli",
) -> Account:
    """
    Redeem what a file says; the same file again changes nothing.

    Rows are taken by the same rules as single redemptions, some hundred in a transaction. Killed in between, the file
    is taken again: rows that are in are known.

    Args:
        ledger: Where coupons are kept.
        content: CSV, UTF-8 or GB18030.
        now: The present moment.
        currency: Of rows that name none.
        cost_of: What an order of an amount costs the shop, where a row does not say; None: not known.
        by: Who does it.

    Raises:
        UnreadableRedemptions: It is no such file. Nothing was taken.
    """
    account, rows = Account(), list[_Row]()
    for line, found in _rows(content, currency, cost_of):
        account.read += 1
        if isinstance(found, _Row):
            rows.append(found)
        else:
            account.refused.append(Refused(line, "", found))
    for part in in_parts(rows):
        with ledger.writing() as connection:
            taken = _taken(connection, part, now, by)
        account.taken += taken.taken
        account.known += taken.known
        account.discount += taken.discount
        account.refused += taken.refused
    account.refused.sort(key=lambda each: each.line)
    return account


def _taken(connection: Connection, rows: Sequence[_Row], now: datetime, by: str) -> Account:
    names = {normal_code(row.code) for row in rows}
    keys = connection.execute(coupon.select().where(coupon.c.code.in_(names))).all()
    hold(connection, [row.order.id for row in rows], {row.campaign for row in keys}, now)
    account = Account()
    for row in rows:
        try:
            with connection.begin_nested():  # what a refused row has changed is undone, and nothing else
                use = redeem(connection, row.code, row.order, now, by=by)
        except InputError as error:
            account.refused.append(Refused(row.line, row.order.id, error))
            continue
        if use.is_new:
            account.taken += 1
            account.discount += use.discount
        else:
            account.known += 1
    return account


def _rows(
    content: bytes, currency: str, cost_of: Callable[[Decimal], Decimal | None]
) -> Iterator[tuple[int, _Row | EvergroveError]]:
    reader = csv.reader(io.StringIO(_text(content), newline=""), strict=True)
    try:
        header = [cell.strip().lower() for cell in next(reader, [])]
        if not header:
            raise UnreadableRedemptions(reason=NO_ROWS)
        for name in NEEDED:
            if name not in header:
                raise MissingColumn(name=name, needed=NEEDED, found=", ".join(header)[:LONGEST_CELL])
        places = {name: header.index(name) for name in KNOWN if name in header}
        for number, cells in enumerate(reader):
            if number >= MOST_ROWS:
                raise UnreadableRedemptions(reason=TOO_MANY)
            if any(cells):
                yield reader.line_num, _row(reader.line_num, cells, places, currency, cost_of)
    except csv.Error as error:
        raise UnreadableRedemptions(reason=str(error)) from error


def _text(content: bytes) -> str:
    for encoding in ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnreadableRedemptions(reason=NOT_UTF8)


def _row(
    line: int,
    cells: Sequence[str],
    places: dict[str, int],
    currency: str,
    cost_of: Callable[[Decimal], Decimal | None],
) -> _Row | EvergroveError:
    cell = {name: cells[at].strip() for name, at in places.items() if at < len(cells)}
    for name in NEEDED:
        if not 0 < len(cell.get(name, "")) <= LONGEST_CELL:
            return UnreadableRow(name=name)
    try:
        amount = Decimal(cell["amount"])
    except InvalidOperation:
        return UnreadableRow(name="amount")
    try:
        cost = Decimal(cell["cost"]) if cell.get("cost") else cost_of(amount)
    except InvalidOperation:
        return UnreadableRow(name="cost")
    customer = cell.get("customer_id") or None
    order = Order(cell["order_id"], amount, cell.get("currency") or currency, customer, cost)
    try:
        check_names(order)
    except InvalidName as error:
        return error
    return _Row(line, cell["code"], order)
