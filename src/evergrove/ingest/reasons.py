"""Why a row is rejected, by code."""

from __future__ import annotations

from evergrove.core import _

REASONS: dict[str, str] = {
    "ingest.ragged_row": _("The row has more or fewer cells than the header."),
    "ingest.unclosed_quote": _("A quotation mark is never closed."),
    "ingest.stray_quote": _("A quotation mark stands where none can be."),
    "ingest.cell_too_large": _("A cell has more than 131,072 characters."),
    "ingest.line_too_long": _("The line has more than 4,000,000 characters."),
    "ingest.undecodable": _("Some bytes are no text in the file's encoding."),
    "ingest.control_character": _("A cell holds a NUL or another control character."),
    "ingest.not_an_object": _("The line or element is not one JSON object."),
    "ingest.repeated_key": _("The JSON object has one key twice."),
    "ingest.nested_too_deep": _("The JSON object is nested too deeply."),
    "ingest.repeated_header": _("The row repeats the header."),
    "ingest.total_row": _("The row adds up other rows."),
    "ingest.no_customer": _("The row names no customer."),
    "ingest.bad_customer": _("The customer is not usable as an id."),
    "ingest.bad_order_id": _("The order id is not usable as an id."),
    "ingest.damaged_id": _("A spreadsheet has damaged the id: digits are lost."),
    "ingest.no_date": _("The row has no date."),
    "ingest.bad_date": _("The date cannot be read."),
    "ingest.date_placeholder": _("The date is a placeholder, such as 1900-01-01 or 9999-12-31."),
    "ingest.date_too_early": _("The date lies before 1971."),
    "ingest.date_in_future": _("The date lies more than a day in the future."),
    "ingest.no_amount": _("The row has no amount."),
    "ingest.bad_amount": _("The amount cannot be read as a number."),
    "ingest.amount_too_large": _("The amount is beyond a trillion."),
    "ingest.amount_too_precise": _("The amount has more than four decimals."),
    "ingest.bad_currency": _("The currency is not an ISO 4217 code."),
    "ingest.missing_cell": _("A cell that every row needs is empty."),
    "ingest.bad_id": _("A number that tells the row is not usable as one."),
    "ingest.bad_number": _("A number cannot be read."),
    "ingest.bad_word": _("A word is none of those that are known there."),
    "ingest.bad_identity": _("No cell holds a usable identifier of its kind."),
    "ingest.repeated_row": _("An earlier row of the file tells the same thing with other content."),
    "currency.mixed": _("The amount is in another currency than the rest."),
    "ingest.conflict": _("An earlier row has the same order id with other content."),
    "ingest.changed_order": _("An earlier import has this order for another customer or another day."),
}
