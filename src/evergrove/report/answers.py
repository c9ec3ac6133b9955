"""One plain sentence above each chart: the answer, with the number in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evergrove.core import _

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.report.types import Figures
    from evergrove.text import Formats

OFTEN = 10
"""Orders of the customer who stands for frequent buyers."""


def headline_answer(figures: Figures, formats: Formats) -> str:
    """What the base is worth, or how large it is where that cannot be said."""
    at_stake, customers = figures["headline"]["value_at_stake"], formats.number(figures["customers"])
    if at_stake["value"] is None:
        return formats.say(
            _("{customers} customers have placed {orders} orders."),
            customers=customers,
            orders=formats.number(figures["orders"]),
        )
    return formats.say(
        _("Your {customers} customers are expected to bring {value} in the next 12 months."),
        customers=customers,
        value=formats.money_compact(at_stake["value"]),
    )


def interval_answer(figures: Figures, formats: Formats) -> str:
    """How sure the total is; empty without an interval."""
    at_stake = figures["headline"]["value_at_stake"]
    if at_stake["low"] is None:
        return ""
    return formats.say(
        _("In {level} of cases it will be between {low} and {high}."),
        level=formats.percent(at_stake["level"], 0),
        low=formats.money_compact(at_stake["low"]),
        high=formats.money_compact(at_stake["high"]),
    )


def lost_answer(figures: Figures, formats: Formats) -> str:
    """What is likely lost already; empty where that cannot be said."""
    lost = figures["headline"]["value_likely_lost"]
    if lost["value"] is None:
        return ""
    return formats.say(
        _("A further {value} is likely lost, because customers who would have brought it may have left."),
        value=formats.money_compact(lost["value"]),
    )


def grid_answer(figures: Figures, names: Mapping[str, Mapping[str, str]], formats: Formats) -> str:
    """Where a word in time saves most: the declining; without them or without values, the largest cell."""
    rows = figures["grid"]["rows"]
    declining = [row for row in rows if row["stage"] == "decline" and row["clv_12m"]]
    if not declining:
        most = max(rows, key=lambda row: row["customers"])
        return formats.say(
            _("Most customers, {customers} of them, are here: {cell}."),
            customers=formats.number(most["customers"]),
            cell=_cell_name(most, names),
        )
    dearest = max(declining, key=lambda row: row["clv_12m"])
    return formats.say(
        _("{customers} customers are slipping away ({cell}), with {value} of the next 12 months."),
        customers=formats.number(dearest["customers"]),
        cell=_cell_name(dearest, names),
        value=formats.money_compact(dearest["clv_12m"]),
    )


def _cell_name(row: Figures, names: Mapping[str, Mapping[str, str]]) -> str:
    return f"{names['tier'][row['tier'] or '']} · {names['stage'][row['stage']]}"


def first_answer(section: Figures, formats: Formats) -> str:
    """What the customers to look at first stand for together."""
    return formats.say(
        _("With these {count} customers alone, {value} of the next 12 months is not decided yet."),
        count=formats.number(len(section["rows"])),
        value=formats.money_compact(section["likely_lost"]),
    )


def concentration_answer(section: Figures, formats: Formats) -> str:
    """What the best tenth brings."""
    curve = section["curves"][0]
    sentence = (
        _("{top} of your customers bring {share} of the value of the next 12 months.")
        if curve["of"] == "clv_12m"
        else _("{top} of your customers brought {share} of the revenue of the last 12 months.")
    )
    return formats.say(
        sentence, top=formats.percent(section["top"], 0), share=formats.percent(curve["top_share"], 0)
    )


def tiers_answer(section: Figures, names: Mapping[str, str], formats: Formats) -> str:
    """What the best tier brings."""
    best = next((row for row in section["rows"] if row["customers"]), None)
    if best is None or best["clv_12m_share"] is None:
        return ""
    return formats.say(
        _("“{tier}” is {customers} of customers and brings {value} of the value of the next 12 months."),
        tier=names[best["tier"] or ""],
        customers=formats.percent(best["customer_share"]),
        value=formats.percent(best["clv_12m_share"], 0),
    )


def stages_answer(section: Figures, formats: Formats) -> str:
    """Who is leaving, or has left."""
    by_stage = {row["stage"]: row["customer_share"] or 0.0 for row in section["rows"]}
    return formats.say(
        _("{declining} of customers are declining, {churned} have churned."),
        declining=formats.percent(by_stage.get("decline", 0.0), 0),
        churned=formats.percent(by_stage.get("churned", 0.0), 0),
    )


def methods_answer(section: Figures, formats: Formats) -> str:
    """How far the simple formula and the prediction lie apart."""
    simple, predicted = section["simple"]["mean"], section["predictive"]["mean"]
    if simple is None or predicted is None:
        return formats.say(_("RFM groups need no forecast: they rank customers by what they did."))
    first = formats.say(
        _("Per customer, the simple formula says {simple} and prediction says {predicted}."),
        simple=formats.money(simple),
        predicted=formats.money(predicted),
    )
    if section["agreement"] is None:
        return first
    second = formats.say(
        _("Of the best {top} by the one, {agreement} are among the best {top} by the other."),
        top=formats.percent(section["top"], 0),
        agreement=formats.percent(section["agreement"], 0),
    )
    return formats.sentences(first, second)


def retention_answer(section: Figures, formats: Formats) -> str:
    """How many come back, soon and later."""
    mean = section["mean_retention"]
    later = min(6 if section["period"] == "month" else 2, len(mean) - 1)
    if later <= 1:
        soon = _("Of new customers, {soon} order again in the next month.")
        soon_quarter = _("Of new customers, {soon} order again in the next quarter.")
        return formats.say(
            soon if section["period"] == "month" else soon_quarter, soon=formats.percent(mean[1], 0)
        )
    sentence = (
        _(
            "Of new customers, {soon} order in the month after their first, and {later} in month {age} after it."
        )
        if section["period"] == "month"
        else _(
            "Of new customers, {soon} order in the quarter after their first, and {later} two quarters later."
        )
    )
    return formats.say(
        sentence, soon=formats.percent(mean[1], 0), later=formats.percent(mean[later], 0), age=later
    )


def cohort_value_answer(section: Figures, formats: Formats) -> str:
    """What a customer has brought after some time."""
    mean = section["mean_value"]
    last = min(12 if section["period"] == "month" else 4, len(mean) - 1)
    sentence = (
        _("A new customer brings {first} in the first month, and has brought {later} {age} months later.")
        if section["period"] == "month"
        else _(
            "A new customer brings {first} in the first quarter, and has brought {later} {age} quarters later."
        )
    )
    return formats.say(sentence, first=formats.money(mean[0]), later=formats.money(mean[last]), age=last)


def alive_answer(section: Figures, formats: Formats) -> str:
    """What the same silence means for a frequent and for a rare buyer, where the two differ most."""
    months, orders, chances = section["silence_months"], section["orders"], section["p_alive"]
    often = min(range(len(orders)), key=lambda j: abs(orders[j] - OFTEN))
    rarely = 1 if len(orders) > 2 and often > 1 else 0
    column = max(range(len(months)), key=lambda i: abs(chances[rarely][i] - chances[often][i]))
    return formats.say(
        _(
            "After {months} months of silence, the chance that a customer is still there is {likely} with {many} "
            "orders and {other} with {few}."
        ),
        months=months[column],
        many=orders[often],
        likely=formats.percent(chances[often][column], 0),
        few=orders[rarely],
        other=formats.percent(chances[rarely][column], 0),
    )


def tracking_answer(section: Figures, formats: Formats) -> str:
    """Expected against actual, in the weeks that the model had not seen where there are any."""
    start = section["holdout_start"]
    weeks = [week for week in section["weeks"] if not start or week["week_end"] >= start]
    known = [week for week in weeks if week["actual"] is not None]
    if not known:
        return formats.say(_("What the model expects week by week."))
    expected, actual = sum(w["expected"] for w in known), sum(w["actual"] for w in known)
    sentence = (
        _(
            "In the {weeks} weeks that the model had not seen, it expected {expected} repeat purchases; {actual} came."
        )
        if start
        else _("Over {weeks} weeks the model accounts for {expected} repeat purchases; {actual} came.")
    )
    return formats.say(
        sentence,
        weeks=formats.number(len(known)),
        expected=formats.number(expected),
        actual=formats.number(actual),
    )


def back_test_answer(section: Figures, formats: Formats) -> str:
    """How far off the model was, and the rules of thumb."""
    judged: Mapping[str, Any] = {each["name"]: each for each in section["judged"]}
    model = next(each for each in section["judged"] if not each["naive"])
    missed = formats.percent(abs(model["bias"] or 0.0))
    naive = [judged[name]["bias"] for name in ("last_period", "average_rate") if name in judged]
    if len(naive) < 2 or None in naive:
        return formats.say(_("The model missed the total of purchases by {model}."), model=missed)
    return formats.say(
        _(
            "The model missed the total of purchases by {model}; “same as last period” missed it by {last}, the "
            "average rate by {rate}."
        ),
        model=missed,
        last=formats.percent(abs(naive[0])),
        rate=formats.percent(abs(naive[1])),
    )


def rows_answer(figures: Figures, formats: Formats) -> str:
    """Where the rows went."""
    rows = figures["rows"]
    return formats.say(
        _("Of {read} rows, {good} are good, {rejected} were rejected, and {duplicate} are repeats."),
        read=formats.number(rows["read"]),
        good=formats.number(rows["good"]),
        rejected=formats.number(rows["rejected"]),
        duplicate=formats.number(rows["duplicate"]),
    )
