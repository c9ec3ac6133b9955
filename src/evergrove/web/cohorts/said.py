"""What groups of customers tell, one sentence each with the number in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evergrove.core import _
from evergrove.web.cohorts.groups import YEAR

if TYPE_CHECKING:
    from evergrove.web.cohorts.groups import Groups

NEWEST = _(
    "Of the customers who came in {start}, {share} bought again within three months; the shop's mean is {mean}."
)
SOURCES_BACK = _(
    "Of customers from “{best}”, {most} order in the {period} after their first; from “{worst}”, {least}."
)
SOURCE_BACK = _("Of customers from “{best}”, {most} order in the {period} after their first.")
PERIODS = {"month": _("month"), "quarter": _("quarter")}
NONE_BACK = _("No new customer has come back yet.")
WILL = _("A customer who came in {start} has brought {now} so far; 12 months from now it should be {later}.")
SOURCE_WILL = _(
    "Older and newer customers together, one from “{start}” has brought {now} so far; 12 months from now it should be {later}."
)
HAS = _("A customer who came in {start} has brought {now} so far.")
SOURCE_HAS = _("Older and newer customers together, one from “{start}” has brought {now} so far.")
BEST = _(
    "At the age of {age}, customers of {best} had brought most, {most} each, those of {worst} least, {least}."
)
SOURCES_BEST = _(
    "By now a customer from “{best}” has brought most, {most}, one from “{worst}” least, {least}."
)
ONE_GROUP = _(
    "{customers} {customers:customer|customers}, of whom {share} are expected to order within half a year."
)
ONE_YEAR = _("one year")
HALF_YEAR = _("half a year")


def newest_answer(groups: Groups) -> str:
    """How the newest group that has had three months compares with all; empty without one."""
    old = [row for row in groups.rows if row.get("back_soon") is not None]
    if not old or groups.told.mean_back_soon is None:
        return ""
    formats = groups.formats
    return formats.say(
        NEWEST,
        start=groups.label(old[-1]),
        share=formats.percent(old[-1]["back_soon"], 0),
        mean=formats.percent(groups.told.mean_back_soon, 0),
    )


def sources_back_answer(groups: Groups) -> str:
    """From where most and fewest come back in the next period."""
    formats, known = groups.formats, [row for row in groups.rows if len(row["retention"]) > 1]
    known = [row for row in known if row["source"] is not None] or known
    if not known:
        return formats.say(NONE_BACK)
    best, worst = (end(known, key=lambda row: row["retention"][1]) for end in (max, min))
    return formats.say(
        SOURCES_BACK if best is not worst else SOURCE_BACK,
        best=groups.label(best),
        worst=groups.label(worst),
        most=formats.percent(best["retention"][1], 0),
        least=formats.percent(worst["retention"][1], 0),
        period=formats.say(PERIODS[groups.told.period]),
    )


def path_answer(groups: Groups) -> str:
    """What the followed group has brought, and what it should have brought in a year."""
    formats, row = groups.formats, groups.rows[groups.followed]
    ahead = [value for value in row["forecast"]["value"] if value is not None]
    has, will = (SOURCE_HAS, SOURCE_WILL) if groups.by_source else (HAS, WILL)
    said = {"start": groups.label(row), "now": formats.money(row["value_now"])}
    return formats.say(will, **said, later=formats.money(ahead[-1])) if ahead else formats.say(has, **said)


def best_answer(groups: Groups) -> str:
    """Which group is worth most at the same age; by source by now."""
    formats = groups.formats
    age, rows = _same_age(groups)
    if len(rows) < 2:  # nobody to compare with
        row = groups.rows[groups.followed]
        share = formats.percent(row["active_share"], 0)
        return formats.say(ONE_GROUP, customers=formats.number(row["customers"]), share=share)
    best, worst = (end(rows, key=lambda pair: pair[1]) for end in (max, min))
    return formats.say(
        SOURCES_BEST if groups.by_source else BEST,
        age=formats.say(ONE_YEAR if age == YEAR[groups.told.period] else HALF_YEAR),
        best=groups.label(best[0]),
        worst=groups.label(worst[0]),
        most=formats.money(best[1]),
        least=formats.money(worst[1]),
    )


def _same_age(groups: Groups) -> tuple[int, list[tuple[dict[str, Any], float]]]:
    """Rows with their value at an age that at least two of them have reached: a year, else half of one."""
    if groups.by_source:
        known = [row for row in groups.rows if row["value_now"] is not None and row["source"] is not None]
        return 0, [(row, row["value_now"]) for row in known]
    year = YEAR[groups.told.period]
    for age in (year, year // 2):
        # Column k stands at the end of the k-th period after the first one: k periods old at least.
        found = [(row, row["value"][age]) for row in groups.rows if len(row["value"]) > age]
        found = [(row, value) for row, value in found if value is not None]
        if len(found) > 1:
            return age, found
    return 0, []
