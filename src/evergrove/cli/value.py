"""``evergrove value``: order files in, a valued and tiered customer base out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from evergrove.cli.errors import reporting, speaking
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
    settings_of,
    tables_of,
)
from evergrove.cli.options import Debug, Json, Lang, Quiet, day_of
from evergrove.cli.outcome import print_outcome, print_tiers
from evergrove.cli.terminal import Terminal, preferred_language
from evergrove.pipeline import ValueRequest

DEFAULT_OUT = Path("evergrove-out")


def value(
    files: Annotated[
        list[Path],
        typer.Argument(
            help="Order files: CSV, TSV, Parquet, JSON or XLSX; beside them files of costs, order_lines, products,"
            " spend, refunds and rates, told by their headers."
        ),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the results.")] = DEFAULT_OUT,
    tables: Annotated[
        list[str], typer.Option("--as", help="What a file holds: TABLE=FILE; told by its headers without it.")
    ] = [],  # noqa: B006 - typer's way to declare a repeatable option
    columns: Columns = [],  # noqa: B006 - typer's way to declare a repeatable option
    preset: Annotated[str, typer.Option(help="Which shop system wrote the order files.")] = "",
    keep: Annotated[str, typer.Option(help="Columns to carry through to the lists: name,phone.")] = "",
    currency: Currency = "",
    timezone: Timezone = "",
    encoding: Encoding = "",
    unit: ModelUnit = None,
    as_of: AsOf = "",
    model: Annotated[
        Literal["auto", "pareto-nbd", "mbg-nbd", "mbg-cnbd", "bg-nbd", "bg-cnbd", "nbd"],
        typer.Option(help="Purchase model."),
    ] = "auto",
    champions: Annotated[
        Path | None,
        typer.Option(help="What evergrove backtest wrote; default: ./evergrove-backtest beside --out."),
    ] = None,
    learned: Annotated[
        bool,
        typer.Option(
            "--learned", help="Also say what learned models foretell, in 3 to 24 months; takes the extra ml."
        ),
    ] = False,
    discount_rate: Annotated[
        float | None, typer.Option(help="Effective annual rate, 0.10 is ten per cent.")
    ] = None,
    margin: Annotated[float | None, typer.Option(help="Gross margin as a share of revenue.")] = None,
    cac: Annotated[float | None, typer.Option(help="Acquisition cost per customer.")] = None,
    lang: Lang = None,
    tiers: Annotated[
        bool, typer.Option("--tiers", help="Also print which criterion decided the tiers.")
    ] = False,
    seed: Seed = 1,
    settings_file: SettingsFile = None,
    no_report: Annotated[bool, typer.Option("--no-report", help="Leave out report.html.")] = False,
    no_csv: Annotated[
        bool, typer.Option("--no-csv", help="Leave out customers.csv, lists and workbooks.")
    ] = False,
    no_xlsx: Annotated[bool, typer.Option("--no-xlsx", help="Leave out workbooks.")] = False,
    no_intervals: Annotated[bool, typer.Option("--no-intervals", help="Leave out intervals.")] = False,
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
    refund (amount), refund_date, parent (the order that is refunded).

    A colon says how a column is written:
    date=Paid:dmy (day first), :mdy or :ymd; so too refund_date and updated;
    amount=Total:comma (decimal comma) or :dot; so too price, quantity and refund.

    A role without a header is switched off: refund= takes no column for it.
    The customer and the date are always needed.

    Costs of orders, or lines and what articles cost, make value the margin; costs of winning and serving
    customers, or advertising, make it net profit: evergrove value orders.csv costs.csv.
    """
    terminal = speaking(Terminal(preferred_language(None, "en"), quiet, machine, debug), lang, "en")
    with reporting(terminal):
        settings = settings_of(settings_file)
    terminal = speaking(terminal, lang, settings.value.language)
    with reporting(terminal):
        options = {
            "currency": currency.upper(),
            "timezone": timezone,
            "unit": unit,
            "discount_rate": discount_rate,
            "margin": margin,
            "cac": cac,
            "language": terminal.language,
        }
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
        with terminal.progress() as announce:
            outcome = app.value(request, announce)
        print_outcome(terminal, outcome, app.today)
        if learned:
            from evergrove.cli.learned import print_learned  # noqa: PLC0415 - it writes as the page does, with Babel

            print_learned(terminal, outcome.figures)
        terminal.result("value", outcome.figures)
        if tiers:
            print_tiers(terminal, outcome)
