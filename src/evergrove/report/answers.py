"""One plain sentence above each chart: the answer, with the number in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evergrove.core import _
from evergrove.report.amounts import alike, short
from evergrove.report.words import CUSTOMERS, MONTHS, ORDERS, ROWS, counted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.report.types import Figures
    from evergrove.text import Formats

OFTEN = 10
"""Orders of the customer who stands for frequent buyers."""


def headline_answer(figures: Figures, formats: Formats) -> str:
    """What the base is worth, or how large it is where that cannot be said."""
    customers = figures["customers"]
    if figures["headline"]["value_at_stake"]["value"] is None:
        return formats.say(
            _("{customers}, {orders} so far."),
            customers=counted(customers, CUSTOMERS, formats),
            orders=counted(figures["orders"], ORDERS, formats),
        )
    sentence = (
        _("Your customer is expected to bring {value} in the next 12 months.")
        if customers == 1
        else _("Your {customers} customers are expected to bring {value} in the next 12 months.")
    )
    return formats.say(
        sentence, customers=formats.number(customers), value=at_stake_amounts(figures, formats)[1]
    )


def at_stake_amounts(figures: Figures, formats: Formats) -> list[str]:
    """Low end, estimate and high end of the total, written so that they can be compared."""
    at_stake = figures["headline"]["value_at_stake"]
    return alike([at_stake[end] for end in ("low", "value", "high")], formats)


def interval_answer(figures: Figures, formats: Formats) -> str:
    """How sure the total is; empty without an interval."""
    at_stake = figures["headline"]["value_at_stake"]
    if at_stake["low"] is None:
        return ""
    low, _value, high = at_stake_amounts(figures, formats)
    return formats.say(
        _("In {level} of cases it will be between {low} and {high}."),
        level=formats.percent(at_stake["level"], 0),
        low=low,
        high=high,
    )


def lost_answer(figures: Figures, formats: Formats) -> str:
    """What is likely lost already; empty where that cannot be said."""
    lost = figures["headline"]["value_likely_lost"]
    if lost["value"] is None:
        return ""
    return formats.say(
        _("A further {value} is likely lost, because customers who would have brought it may have left."),
        value=short(lost["value"], formats),
    )


def grid_answer(figures: Figures, names: Mapping[str, Mapping[str, str]], formats: Formats) -> str:
    """Where a word in time saves most: the declining; without them or without values, the largest cell."""
    rows = figures["grid"]["rows"]
    dearest = slipping_away(figures)
    if dearest is None:
        most = max(rows, key=lambda row: row["customers"])
        return formats.say(
            _("The largest group is “{cell}”: {customers}."),
            customers=counted(most["customers"], CUSTOMERS, formats),
            cell=_cell_name(most, names),
        )
    sentence = (
        _("One customer is slipping away ({cell}), with {value} of the next 12 months.")
        if dearest["customers"] == 1
        else _("{customers} customers are slipping away ({cell}), with {value} of the next 12 months.")
    )
    return formats.say(
        sentence,
        customers=formats.number(dearest["customers"]),
        cell=_cell_name(dearest, names),
        value=short(dearest["clv_12m"], formats),
    )


def slipping_away(figures: Figures) -> Figures | None:
    """The cell of declining customers with most to lose; None without any, or without values."""
    declining = [row for row in figures["grid"]["rows"] if row["stage"] == "decline" and row["clv_12m"]]
    return max(declining, key=lambda row: row["clv_12m"], default=None)


def _cell_name(row: Figures, names: Mapping[str, Mapping[str, str]]) -> str:
    """Tier and stage as one name that no line break tears apart; the stage alone where there are no tiers."""
    parts = [names["tier"][row["tier"]]] if row["tier"] else []
    return " · ".join([*parts, names["stage"][row["stage"]]]).replace(" ", "\u00a0")


def first_answer(section: Figures, formats: Formats) -> str:
    """What the customers to look at first stand for together."""
    sentence = (
        _("With this one customer alone, {value} of the next 12 months is not decided yet.")
        if len(section["rows"]) == 1
        else _("With these {count} customers alone, {value} of the next 12 months is not decided yet.")
    )
    return formats.say(
        sentence, count=formats.number(len(section["rows"])), value=short(section["likely_lost"], formats)
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
    """What the best tier brings; without values, how many are in it."""
    best = next(row for row in section["rows"] if row["customers"])
    if best["clv_12m_share"] is None:
        return formats.say(
            _("The best tier reached is “{tier}”, with {customers} of customers."),
            tier=names[best["tier"] or ""],
            customers=formats.percent(best["customer_share"]),
        )
    return formats.say(
        _("“{tier}” is {customers} of customers and brings {value} of the value of the next 12 months."),
        tier=names[best["tier"] or ""],
        customers=formats.percent(best["customer_share"]),
        value=formats.percent(best["clv_12m_share"], 0),
    )


def stages_answer(section: Figures, formats: Formats) -> str:
    """Who is leaving, or has left."""
    by_stage = {row["stage"]: row["customer_share"] or 0.0 for row in section["rows"]}
    declining, churned = by_stage.get("decline", 0.0), by_stage.get("churned", 0.0)
    if declining and churned:
        sentence = _("{declining} of customers are declining, {churned} have churned.")
    elif declining:
        sentence = _("{declining} of customers are declining; nobody can be said to have churned.")
    elif churned:
        sentence = _("{churned} of customers have churned; nobody is declining.")
    else:
        sentence = _("Nobody is declining, and nobody can be said to have churned.")
    return formats.say(sentence, declining=formats.percent(declining), churned=formats.percent(churned))


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
    if not any(mean[1:]):
        return formats.say(_("No new customer has come back yet."))
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
    sentences = {
        "month": (
            _("A new customer brings {first} in the first month; one month later it is {later} in all."),
            _("A new customer brings {first} in the first month; {age} months later it is {later} in all."),
        ),
        "quarter": (
            _("A new customer brings {first} in the first quarter; one quarter later it is {later} in all."),
            _(
                "A new customer brings {first} in the first quarter; {age} quarters later it is {later} in all."
            ),
        ),
    }
    return formats.say(
        sentences[section["period"]][last != 1],
        first=formats.money(mean[0]),
        later=formats.money(mean[last]),
        age=last,
    )


def alive_answer(section: Figures, formats: Formats) -> str:
    """What the same silence means for a frequent and for a rare buyer, where the two differ most."""
    months, orders, chances = section["silence_months"], section["orders"], section["p_alive"]
    often = min(range(len(orders)), key=lambda j: abs(orders[j] - OFTEN))
    rarely = 1 if len(orders) > 2 and often > 1 else 0
    column = max(range(len(months)), key=lambda i: abs(chances[rarely][i] - chances[often][i]))
    return formats.say(
        _(
            "After {silence} without an order, the chance that a customer is still there is {likely} with {many} {many:order|"
            "orders} and {other} with {few}."
        ),
        silence=counted(months[column], MONTHS, formats),
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
            "In the {weeks} {weeks:week|weeks} that the model had not seen, it expected {expected} repeat {expected:purchase|purchases}; {actual} came."
        )
        if start
        else _(
            "Over {weeks} {weeks:week|weeks} the model accounts for {expected} repeat {expected:purchase|purchases}; {actual} came."
        )
    )
    return formats.say(
        sentence,
        weeks=formats.number(len(known)),
        expected=formats.number(expected),
        actual=formats.number(actual),
    )


def back_test_answer(section: Figures, formats: Formats) -> str:
    """Whether the model came closer than both rules of thumb, in total and customer by customer."""
    judged: Mapping[str, Any] = {each["name"]: each for each in section["judged"]}
    model = next(each for each in section["judged"] if not each["naive"])
    missed = formats.percent(abs(model["bias"] or 0.0))
    naive = [judged[name]["bias"] for name in ("last_period", "average_rate") if name in judged]
    if len(naive) < 2 or None in naive:
        return formats.say(_("The model missed the total of purchases by {model}."), model=missed)
    better = abs(model["bias"] or 0.0) < min(map(abs, naive))
    sentence = (
        _(
            "Yes: the model missed the total of purchases by {model}, “same as last period” by {last}, the average "
            "rate by {rate}."
        )
        if better
        else _(
            "Not in total: the model missed it by {model}, “same as last period” by {last}, the average rate by {rate}."
        )
    )
    closer = not better and model["mae"] < min(
        judged[name]["mae"] for name in ("last_period", "average_rate")
    )
    return formats.sentences(
        formats.say(
            sentence,
            model=missed,
            last=formats.percent(abs(naive[0])),
            rate=formats.percent(abs(naive[1])),
        ),
        formats.say(_("Customer by customer it came closer than both.")) if closer else "",
    )


def rows_answer(figures: Figures, formats: Formats) -> str:
    """Where the rows went."""
    rows = figures["rows"]
    return formats.say(
        _("{read}: {good} good, {rejected} rejected, {duplicate} repeated."),
        read=counted(rows["read"], ROWS, formats),
        good=formats.number(rows["good"]),
        rejected=formats.number(rows["rejected"]),
        duplicate=formats.number(rows["duplicate"]),
    )
