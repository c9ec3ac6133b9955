"""Why a file is refused, why a row is rejected, and what a reader of the numbers should know."""

from __future__ import annotations

from evergrove.core import EvergroveWarning, InputError, _


class NoFiles(InputError):
    """Nothing to read was named."""

    code = "ingest.no_files"
    message = _("No file was given.")
    hint = _("Name one or more order files: CSV, TSV, Parquet, JSON or XLSX.")


class AmbiguousDates(InputError):
    """Nothing in a column tells the day from the month."""

    code = "ingest.ambiguous_dates"
    message = _("{file}: the column {column} can be read in several ways, for example {example}.")
    hint = _(
        "Say the order with --map {role}={column}:dmy (day first), --map {role}={column}:mdy (month first)"
        " or --map {role}={column}:ymd (year first)."
    )


class MixedDates(InputError):
    """One column holds dates in two orders."""

    code = "ingest.mixed_dates"
    message = _("{file}: the column {column} mixes orders: {first} and {second} cannot both be dates.")
    hint = _(
        "Split the file, or say the order with --map {role}={column}:dmy, :mdy or :ymd;"
        " rows that do not follow it are then rejected."
    )


class AmbiguousAmounts(InputError):
    """Nothing in a column tells a decimal sign from a grouping sign."""

    code = "ingest.ambiguous_amounts"
    message = _("{file}: in the column {column}, {example} may be a thousand or one and a bit.")
    hint = _("Say the decimal sign with --map {role}={column}:dot or --map {role}={column}:comma.")


class FutureDates(InputError):
    """So many dates lie in the future that the format must be wrong."""

    code = "ingest.future_dates"
    message = _(
        "{file}: of {rows} {rows:row|rows}, {future} {future:is|are} dated after {today}; such dates are not believable."
    )
    hint = _("Is {column} the day of the order? Name the right column with --map date=HEADER.")


class UnknownCurrency(InputError):
    """``--currency`` is no ISO 4217 code."""

    code = "ingest.unknown_currency"
    message = _("{currency} is not an ISO 4217 currency code.")
    hint = _("Examples: CNY, TWD, USD, EUR.")


class CurrenciesUnclear(InputError):
    """Several currencies are frequent, or whole files differ: which one counts is for the user to say."""

    code = "ingest.currencies_unclear"
    message = _(
        "{file}: amounts are in several currencies, which are never added up; rows found: {currencies}."
    )
    hint = _(
        "Say which one counts with --currency {first} or --currency {second};"
        " rows in another are then rejected and counted."
    )


class OtherCurrency(InputError):
    """No row is in the currency that ``--currency`` names."""

    code = "ingest.other_currency"
    message = _("{file}: no usable row is in {named}; rows found: {currencies}.")
    hint = _("Say --currency {first} to value these orders, or leave --currency out.")


class UnknownTimezone(InputError):
    """``--timezone`` is no IANA name."""

    code = "ingest.unknown_timezone"
    message = _("{timezone} is not a time zone.")
    hint = _("Give an IANA name, for example Asia/Shanghai, Asia/Taipei, Europe/London or UTC.")


class RepeatsKept(EvergroveWarning):
    """Rows without an order id repeat inside one file."""

    code = "ingest.repeats_kept"
    message = _(
        "{file}: rows that repeat an earlier one in customer, time and amount: {repeats}. All were kept."
    )
    hint = _("Without an order id a second purchase looks like a repeated row. Export the order id too.")


class RepeatsAcrossFiles(EvergroveWarning):
    """Rows without an order id stand in several files."""

    code = "ingest.repeats_across_files"
    message = _("Rows that stand in an earlier file too and count as duplicates: {repeats}.")
    hint = _("Without an order id, rows equal in customer, time and amount are taken for the same purchase.")


class UnknownStatuses(EvergroveWarning):
    """Statuses that nobody has explained count as paid."""

    code = "ingest.unknown_status"
    message = _("{file}: rows with a status that is not known, counted as paid: {rows} ({examples}).")
    hint = _("If these orders were not paid, take them out of the file.")


class TotalsCountedOnce(EvergroveWarning):
    """An order's total is repeated on each of its lines."""

    code = "ingest.totals_counted_once"
    message = _("{file}: {column} is the same on every line of an order; it was taken as the order's total.")
    hint = _("If it is the amount of each line, map quantity and price instead.")


class NoAmounts(EvergroveWarning):
    """Nothing in the files says what was paid."""

    code = "ingest.no_amounts"
    message = _("{file} says nothing about money: purchases are counted, not valued.")
    hint = _("Name the column that tells what was paid with --map amount=HEADER.")


class CurrenciesMixed(EvergroveWarning):
    """One currency was kept, others were rejected."""

    code = "ingest.currencies_mixed"
    message = _("Amounts are in {currencies}; {kept} was kept. Rows rejected for another currency: {rows}.")
    hint = _("Choose another with --currency, or give one file for each currency.")


class RepeatedOrders(EvergroveWarning):
    """One order id stands for several contents."""

    code = "ingest.conflicts"
    message = _("Rows rejected because an earlier row has their order id with other content: {rows}.")
    hint = _("If these rows are the lines of an order, map the product with --map product=HEADER.")


"""Reject code to the sentence that stands beside it, English; faces translate it."""
