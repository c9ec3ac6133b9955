"""Files of other tables beside those of orders, for one valuation: costs, lines, articles, advertising, refunds."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from evergrove.core import InputError, _
from evergrove.customers import with_tables
from evergrove.ingest.columns.errors import NoKnownTable, TableUnclear
from evergrove.ingest.facts.rates import Waiting
from evergrove.ingest.facts.tables import stored_tables
from evergrove.ingest.tables.declared import declared_tables
from evergrove.ingest.tables.judging import TOLD
from evergrove.ingest.tables.refunds import TABLE as REFUNDS
from evergrove.ingest.tables.service import read_table
from evergrove.report.accounting import waiting
from evergrove.warehouse import identifier, literal, memory_for, open_engine

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from evergrove.core import EvergroveWarning
    from evergrove.customers import CustomerBase
    from evergrove.ingest import Intake, ReadOptions
    from evergrove.ingest.tables.service import TableIntake
    from evergrove.pipeline.types import Announce
    from evergrove.settings import Settings
    from evergrove.warehouse import Engine

ORDERS = "orders"
BESIDE = ("costs", "order_lines", "products", "rates", "refunds", "spend")
"""Tables of which a valuation takes files; orders are those that it cannot do without."""
Given = tuple[tuple[str, "Path"], ...]
"""Files with the table of each."""


class NoTableOfAValuation(InputError):
    """A file is said to be, or looks like, a table that a valuation has no use for."""

    code = "pipeline.no_table_of_a_valuation"
    message = _("{file} holds {table}, which a valuation of files does not take.")
    hint = _(
        "It takes orders, and beside them {tables}; whatever else there is goes into a workspace: evergrove init."
    )


@dataclass(frozen=True)
class BesideRead:
    """
    What the files beside the orders told.

    Attributes:
        held: Tables that hold rows.
        files: The account of each file.
        waiting: Refunds in other currencies, which count nowhere, by currency.
    """

    held: tuple[str, ...] = ()
    files: tuple[tuple[str, TableIntake], ...] = ()
    waiting: Mapping[str, int] = field(default_factory=dict)

    @property
    def warnings(self) -> tuple[EvergroveWarning, ...]:
        """What a reader should know of any of them."""
        return tuple(warning for _file, read in self.files for warning in read.intake.warnings)

    def document(self) -> list[dict[str, Any]]:
        """Where the rows of each file went."""
        return [
            {
                "file": file,
                "table": read.table,
                **asdict(read.intake.rows),
                "reasons": {code: each.rows for code, each in read.intake.rejected.items()},
                "unused": dict(read.unused),
            }
            for file, read in self.files
        ]

    def waits(self, base: CustomerBase) -> list[dict[str, Any]]:
        """What counts nowhere until a rate is known, as the report has it."""
        facts = [Waiting(currency, 0, rows, Decimal(0)) for currency, rows in self.waiting.items()]
        return waiting(facts, base.spending.waiting if base.spending else 0)


def sort_out(files: Sequence[Path], told: Given, options: ReadOptions) -> tuple[tuple[Path, ...], Given]:
    """
    Which files hold orders, and which another table of ``BESIDE``, told by their headers.

    Args:
        files: As given; a single one holds orders.
        told: Files whose table the user names.
        options: How orders are read: a file with the columns that the mapping names holds orders.

    Raises:
        NoTableOfAValuation: The user names a table that is none of them.
        TableUnclear: Headers fit two tables alike.
    """
    known = {path: table for table, path in told}
    for table, path in told:
        if table not in (ORDERS, *BESIDE):
            raise NoTableOfAValuation(file=path.name, table=table, tables=", ".join(BESIDE))
    everything = [*files, *(path for path in known if path not in files)]
    if len(everything) > 1:
        known |= {path: _table_of(path, options) for path in everything if path not in known}
    orders = tuple(path for path in everything if known.get(path, ORDERS) == ORDERS)
    beside = tuple((known[path], path) for path in everything if path not in orders)
    return orders, beside


def _table_of(path: Path, options: ReadOptions) -> str:
    """The table of a file; orders, where it is none that a valuation takes."""
    if options.mapping and _by_headers(path, replace(options, preset="")) == ORDERS:
        return ORDERS
    table = _by_headers(path, replace(options, mapping={}, preset=""))
    return table if table in BESIDE else ORDERS


def _by_headers(path: Path, options: ReadOptions) -> str:
    from evergrove.ingest.tables.recognise import recognise  # noqa: PLC0415 - orders alone need no look

    try:
        found = recognise(path, options)
    except NoKnownTable:  # the reader of orders says what is missing
        return ""
    except TableUnclear as error:
        if ORDERS in (error.params["first"], error.params["second"]):
            return ORDERS
        raise
    return found.table if found.known else ""


def read_beside(
    engine: Engine, given: Given, options: ReadOptions, intake: Intake, announce: Announce
) -> BesideRead:
    """
    Read the tables beside orders: refunds join those of the order files, the others stand under their names.

    Args:
        engine: Holds what ``read_orders`` published; rejected rows join ``rejects``.
        given: Files with the table of each.
        options: As for the orders; columns are told by headers alone.
        intake: Of the orders: amounts are in their currency, days in their zone.
        announce: Called with what is being read.

    Raises:
        InputError: A file cannot be understood.
    """
    if not given:
        return BesideRead()
    _lay_out(engine)
    chosen = replace(
        options, mapping={}, keep=(), preset="", currency=intake.currency, timezone=intake.timezone
    )
    files = []
    for nth, (table, path) in enumerate(given):
        announce(_("Reading the tables beside orders"))
        files.append((str(path), _take(engine, table, path, chosen, nth)))
    held = dict.fromkeys(table for table, _path in given)
    for table in held:
        _hold(engine, table, [nth for nth, (each, _path) in enumerate(given) if each == table])
    waits = _give_back(engine, intake.currency) if REFUNDS in held else {}
    return BesideRead(tuple(table for table in held if table != REFUNDS), tuple(files), waits)


def _lay_out(engine: Engine) -> None:
    """Every table that a summary may ask for, empty."""
    for table in stored_tables():
        columns = ", ".join(f"cast(null as {c.stored}) as {identifier(c.name)}" for c in table.kept)
        engine.create(table.name, f"select {columns} where false")


def _take(engine: Engine, table: str, path: Path, options: ReadOptions, nth: int) -> TableIntake:
    """Read one file aside, and bring its rows over as ``beside_<nth>``."""
    written_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    with open_engine(memory_mb=memory_for([path])) as aside:
        read = read_table(aside, declared_tables()[table], path, options, written_at)
        rows, rejects = aside.arrow(f"select * from {TOLD}"), aside.arrow("select * from rejects")
    for name, brought in ((f"beside_{nth}", rows), ("rejects", rejects)):
        engine.register("brought", brought)
        if name == "rejects":
            engine.create("rejects_before", "select * from rejects")
            engine.drop("rejects")
            engine.create("rejects", "select * from rejects_before union all by name select * from brought")
            engine.drop("rejects_before")
        else:
            engine.create(name, "select * from brought")
        engine.unregister("brought")
    return read


def _hold(engine: Engine, table: str, numbers: Sequence[int]) -> None:
    """Of all files of a table, the version of each row that holds, under the table's name."""
    declared = declared_tables()[table]
    listed = ", ".join(identifier(column.name) for column in declared.kept)
    rows = " union all by name ".join(f"select *, {nth} as file_nth from beside_{nth}" for nth in numbers)
    name = f"beside_{table}"
    engine.create(
        name,
        f"select {listed} from (select *, row_number() over (partition by row_key order by version_at desc,"
        f" said desc, file_nth) as nth from ({rows}) as told) as versions where nth = 1",
    )
    engine.drop(*(f"beside_{nth}" for nth in numbers))
    if table != REFUNDS:
        engine.drop(table)
        engine.view(table, f"select * from {name}")


def _give_back(engine: Engine, currency: str) -> dict[str, int]:
    """Let refunds of files of their own join the others; those in other currencies are left out and counted."""
    types = {name: kind for name, kind, *_more in engine.run("describe orders")}
    own = f"coalesce(told.currency, '') in ('', {literal(currency)})" if currency else "true"
    engine.create("given_back", "select * from refunds")
    engine.drop("refunds")
    engine.create(
        "refunds",
        "select order_id, customer_id, refund_date, amount from given_back union all"
        f" select orders.order_id, coalesce(orders.customer_id, try_cast(told.customer_id as {types['customer_id']})),"
        " cast(told.refunded_at as date), cast(abs(told.amount) as decimal(18, 4)) from beside_refunds as told"
        " left join orders on cast(orders.order_id as varchar) = told.order_id"
        " and cast(orders.customer_id as varchar) = told.customer_id"
        f" where told.amount <> 0 and {own}",
    )
    counted = f"select currency, count(*) from beside_refunds as told where not ({own}) group by currency order by currency"
    return {code: int(rows) for code, rows in engine.run(counted)}


def with_beside(engine: Engine, base: CustomerBase, read: BesideRead, settings: Settings) -> CustomerBase:
    """The summary with what the tables beside orders tell of costs; as it is without any."""
    if not read.held:
        return base
    days = settings.workspace.rate_days
    return with_tables(engine, base, read.held, settings.value.currency, rate_days=days)
