"""Blocks about time and trust: cohorts, silence, tracking, the back-test."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove import charts
from evergrove.core import _
from evergrove.report import answers
from evergrove.report.page import Block, table
from evergrove.report.words import MODELS, known, why_missing

if TYPE_CHECKING:
    from evergrove.report.types import Figures
    from evergrove.text import Formats

Names = dict[str, dict[str, str]]
SHORT = _("It takes at least one whole month after a month with first orders.")
WEEKS = _("Week ending")


def retention_block(figures: Figures, _names: Names, formats: Formats) -> Block:
    """Who comes back, by cohort."""
    section, question = figures["cohorts"], formats.say(_("How many come back?"))
    if section is None:
        return Block("cohort_retention", question, "", missing=formats.say(SHORT))
    answer = answers.retention_answer(section, formats)
    ages = max(len(row["retention"]) for row in section["rows"])
    shown = [row for row in section["rows"] if len(row["retention"]) > 1]
    rows = [
        (
            formats.period(row["start"], section["period"]),
            formats.number(row["customers"]),
            *(formats.percent(share, 0) for share in row["retention"][1:]),
            *("" for _age in range(ages - len(row["retention"]))),
        )
        for row in shown
    ]
    titles = [
        formats.say(_("First order in")),
        formats.say(_("Customers")),
        *(str(age) for age in range(1, ages)),
    ]
    return Block(
        "cohort_retention",
        question,
        answer,
        charts.cohort_retention(section, formats, answer),
        90 + 27 * len(shown),
        table(titles, rows),
        note=_earlier(section, formats),
        definitions=("cohort_retention",),
    )


def _earlier(section: Figures, formats: Formats) -> str:
    reading = formats.say(
        _(
            "Numbers are per cent. Read along a row: one group of new customers and the time after their first order."
        )
    )
    if not section["earlier_customers"]:
        return reading
    count = formats.number(section["earlier_customers"])
    return formats.sentences(
        reading,
        formats.say(
            _("{count} {count:customer of earlier groups is|customers of earlier groups are} not shown."),
            count=count,
        ),
    )


def cohort_value_block(figures: Figures, _names: Names, formats: Formats) -> Block:
    """How value per customer grows, by cohort."""
    section, question = figures["cohorts"], formats.say(_("How does a customer's value grow?"))
    if section is None:
        return Block("cohort_value", question, "", missing=formats.say(SHORT))
    if not any(value is not None for value in section["mean_value"]):
        return Block("cohort_value", question, "", missing=why_missing(figures, formats, "historic_value"))
    answer = answers.cohort_value_answer(section, formats)
    ages = max(len(row["value"]) for row in section["rows"])
    rows = [
        (
            formats.period(row["start"], section["period"]),
            formats.number(row["customers"]),
            *(formats.money(value) for value in row["value"]),
            *("" for _age in range(ages - len(row["value"]))),
        )
        for row in section["rows"]
    ]
    titles = [
        formats.say(_("First order in")),
        formats.say(_("Customers")),
        *(str(age) for age in range(ages)),
    ]
    return Block(
        "cohort_value",
        question,
        answer,
        charts.cohort_value(section, formats, answer),
        380,
        table(titles, rows),
        note=formats.say(
            _(
                "Every thin line is one group of new customers; the thick line is the mean of all. Its last points rest on the oldest groups alone."
            )
        ),
        definitions=("cohort_value",),
    )


def alive_block(figures: Figures, _names: Names, formats: Formats) -> Block:
    """What silence means."""
    section, question = figures["alive_grid"], formats.say(_("When is silence a farewell?"))
    if section is None:
        return Block(
            "alive_grid", question, "", missing=why_missing(figures, formats, "p_alive", "value_likely_lost")
        )
    answer = answers.alive_answer(section, formats)
    rows = [
        (formats.number(orders), *(formats.percent(chance, 0) for chance in row))
        for orders, row in zip(section["orders"], section["p_alive"], strict=True)
    ]
    titles = [
        formats.say(_("Orders so far / months of silence")),
        *(str(months) for months in section["silence_months"]),
    ]
    return Block(
        "alive_grid",
        question,
        answer,
        charts.alive_grid(section, formats, answer),
        110 + 26 * len(rows),
        table(titles, rows, words=0),
        note=formats.say(
            _(
                "Numbers are per cent. The darker, the surer that such a customer is still there. Somebody who ordered often and then fell "
                "silent has more surely left than somebody who always ordered rarely."
            )
        ),
        definitions=("alive_grid", "p_alive"),
    )


def tracking_block(figures: Figures, _names: Names, formats: Formats) -> Block:
    """Forecast beside reality, week by week."""
    section, question = figures["tracking"], formats.say(_("Would the forecast have come true?"))
    if section is None:
        return Block("tracking", question, "", missing=why_missing(figures, formats, "back_test", "p_alive"))
    answer = answers.tracking_answer(section, formats)
    rows = [
        (formats.day(week["week_end"]), formats.number(week["expected"], 1), formats.number(week["actual"]))
        for week in section["weeks"]
    ]
    titles = [formats.say(title) for title in (WEEKS, _("Expected by the model"), _("Actual"))]
    return Block(
        "tracking",
        question,
        answer,
        charts.tracking(section, formats, answer),
        340,
        table(titles, rows),
        note=formats.sentences(
            formats.say(
                _(
                    "The model knows no season: peaks before holidays stand above its line, quiet months below."
                )
            ),
            formats.say(_("Purchases of customers who came in these weeks count as well."))
            if section["holdout_start"]
            else "",
        ),
        definitions=("tracking",),
    )


def back_test_block(figures: Figures, _names: Names, formats: Formats) -> Block:
    """The back-test beside two rules of thumb."""
    section, question = figures["back_test"], formats.say(_("Is it better than a rule of thumb?"))
    if section is None:
        return Block("back_test", question, "", missing=why_missing(figures, formats, "back_test"))
    answer = answers.back_test_answer(section, formats)
    titles = (
        _("Forecast by"),
        _("Purchases"),
        _("Off by"),
        _("Mean error per customer"),
        _("Revenue"),
        _("Revenue off by"),
        _("Ranking (Gini)"),
    )
    rows = [
        (
            known(MODELS, each["name"], formats),
            formats.number(each["purchases"]),
            _signed(each["bias"], formats),
            formats.number(each["mae"], 3),
            formats.money(each["spend"]),
            _signed(each["spend_bias"], formats),
            formats.percent(each["gini"], 0),
        )
        for each in section["judged"]
    ]
    rows.append(
        (
            formats.say(_("Actual")),
            formats.number(section["purchases"]),
            "",
            "",
            formats.money(section["spend"]),
            "",
            "",
        )
    )
    return Block(
        "back_test",
        question,
        answer,
        charts.back_test(section, formats, answer),
        380,
        table([formats.say(title) for title in titles], rows),
        note=formats.say(
            _(
                "Fitted on orders up to {origin}, judged on those up to {until}, for {customers} {customers:customer|customers}."
            ),
            origin=formats.day(section["origin"]),
            until=formats.day(section["until"]),
            customers=formats.number(section["customers"]),
        ),
        definitions=("back_test",),
    )


def _signed(share: float | None, formats: Formats) -> str:
    """A deviation with its sign."""
    written = formats.percent(share)
    return f"+{written}" if share is not None and share > 0 else written
