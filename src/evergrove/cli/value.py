"""``evergrove value``: order files in, a valued and tiered customer base out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from evergrove.cli.errors import reporting
from evergrove.cli.files import (
    AsOf,
    Columns,
    Currency,
    Encoding,
    ModelUnit,
    Seed,
    SettingsFile,
    Timezone,
    evergrove_with,
    reading,
    speaker_of,
    tables_of,
)
from evergrove.cli.options import Debug, Json, Lang, Quiet, day_of
from evergrove.cli.outcome import print_outcome, print_tiers
from evergrove.pipeline import ValueRequest

if TYPE_CHECKING:
    from evergrove.app import Evergrove
    from evergrove.cli.terminal import Terminal

DEFAULT_OUT = Path("evergrove-out")


Files = Annotated[
    list[Path],
    typer.Argument(
        help="Order files: CSV, TSV, Parquet, JSON or XLSX; beside them files of costs, order_lines, products,"
        " spend, refunds and rates, told by their headers."
    ),
]
Out = Annotated[Path, typer.Option("--out", "-o", help="Folder for the results.")]
Tables = Annotated[
    list[str], typer.Option("--as", help="What a file holds: TABLE=FILE; told by its headers without it.")
]
Preset = Annotated[str, typer.Option(help="Which shop system wrote the order files.")]
Keep = Annotated[str, typer.Option(help="Columns to carry through to the lists: name,phone.")]
Model = Annotated[
    Literal["auto", "pareto-nbd", "mbg-nbd", "mbg-cnbd", "bg-nbd", "bg-cnbd", "nbd"],
    typer.Option(help="Purchase model."),
]
Champions = Annotated[
    Path | None,
    typer.Option(help="What evergrove backtest wrote; default: ./evergrove-backtest beside --out."),
]
AlsoLearned = Annotated[
    bool,
    typer.Option(
        "--learned", help="Also say what learned models foretell, in 3 to 24 months; takes the extra ml."
    ),
]
DiscountRate = Annotated[float | None, typer.Option(help="Effective annual rate, 0.10 is ten per cent.")]
Margin = Annotated[float | None, typer.Option(help="Gross margin as a share of revenue.")]
Cac = Annotated[float | None, typer.Option(help="Acquisition cost per customer.")]
WithTiers = Annotated[bool, typer.Option("--tiers", help="Also print which criterion decided the tiers.")]
NoReport = Annotated[bool, typer.Option("--no-report", help="Leave out report.html.")]
NoCsv = Annotated[bool, typer.Option("--no-csv", help="Leave out customers.csv, lists and workbooks.")]
NoXlsx = Annotated[bool, typer.Option("--no-xlsx", help="Leave out workbooks.")]
NoIntervals = Annotated[bool, typer.Option("--no-intervals", help="Leave out intervals.")]


def value(
    files: Files,
    out: Out = DEFAULT_OUT,
    tables: Tables = [],  # noqa: B006 - typer's way to declare a repeatable option
    columns: Columns = [],  # noqa: B006 - typer's way to declare a repeatable option
    preset: Preset = "",
    keep: Keep = "",
    currency: Currency = "",
    timezone: Timezone = "",
    encoding: Encoding = "",
    unit: ModelUnit = None,
    as_of: AsOf = "",
    model: Model = "auto",
    champions: Champions = None,
    learned: AlsoLearned = False,
    discount_rate: DiscountRate = None,
    margin: Margin = None,
    cac: Cac = None,
    lang: Lang = None,
    tiers: WithTiers = False,
    seed: Seed = 1,
    settings_file: SettingsFile = None,
    no_report: NoReport = False,
    no_csv: NoCsv = False,
    no_xlsx: NoXlsx = False,
    no_intervals: NoIntervals = False,
    machine: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """
    Value every customer of an order export: worth, certainty, tier, stage, what to do.

    Columns are guessed, and the guess is printed. When it is wrong, say it:
    --map customer=Buyer,order=No,date=Paid,amount=Total (several times, if need be).

    Roles for --map:
    customer, order, date, line (number), product, updated (last change);
    amount, or quantity and price (of one piece); currency;
    status, after_sale (status), cancelled (day);
    refund (amount), refund_date, parent (the order that is refunded);
    coupon (codes that were used).

    A colon says how a column is written:
    date=Paid:dmy (day first), :mdy or :ymd; so too refund_date and updated;
    amount=Total:comma (decimal comma) or :dot; so too price, quantity and refund.

    A role without a header is switched off: refund= takes no column for it.
    The customer and the date are always needed.

    Costs of orders, or lines and what articles cost, make value the margin; costs of winning and serving
    customers, or advertising, make it net profit: evergrove value orders.csv costs.csv.
    """
    terminal, settings = speaker_of(lang, settings_file, machine=machine, quiet=quiet, debug=debug)
    options: dict[str, object] = {"currency": currency.upper(), "timezone": timezone, "unit": unit}
    options |= {"discount_rate": discount_rate, "margin": margin, "cac": cac, "language": terminal.language}
    with reporting(terminal):
        app = evergrove_with(settings, options)
        request = ValueRequest(
            files=tuple(files),
            out=out,
            read=reading(app, columns, encoding, keep, preset),
            as_of=day_of("--as-of", as_of),
            model=model,
            champions=champions,
            tables=tables_of(tables),
            learned=learned,
            report=not no_report,
            csv=not no_csv,
            workbooks=not (no_xlsx or no_csv),
            intervals=not no_intervals,
            seed=seed,
        )
        _valued(app, request, terminal, tiers=tiers)


def _valued(app: Evergrove, request: ValueRequest, terminal: Terminal, *, tiers: bool) -> None:
    """Do it, and print what came of it."""
    with terminal.progress() as announce:
        outcome = app.value(request, announce)
    print_outcome(terminal, outcome, app.today)
    if request.learned:
        from evergrove.cli.learned import print_learned  # noqa: PLC0415 - it writes as the page does, with Babel

        print_learned(terminal, outcome.figures)
    terminal.result("value", outcome.figures)
    if tiers:
        print_tiers(terminal, outcome)
