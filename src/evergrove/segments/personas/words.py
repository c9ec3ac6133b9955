"""What sets a group apart, in plain words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evergrove.core import _
from evergrove.segments.codes import STAGES, TIERS
from evergrove.segments.sentences.words import STAGE_WORDS, TIER_WORDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.text import Formats

MORE = _("{what}: {share} of them, {others} of all others ({lift} times as often; {low} to {high}).")
LESS = _("{what}: only {share} of them, {others} of all others ({lift} times as often; {low} to {high}).")
ONLY = _("{what}: {share} of them, nobody else.")
NEVER = _("{what}: none of them, {others} of all others.")
HIGHER = _("{what}: {median} in the middle, against {others}; in {chance} of pairs theirs is the higher.")
LOWER = _("{what}: {median} in the middle, against {others}; in {chance} of pairs theirs is the lower.")
HEAD = _("{customers} {customers:customer|customers} against {others} others.")
NOTHING = _("Nothing that is known sets them apart: of {asked} {asked:comparison|comparisons}, none held.")
HELD = _(
    "Of {asked} {asked:comparison|comparisons} these hold; about {chance} of such findings would be chance."
)
ATTRIBUTES: Mapping[str, str] = {
    "tier": _("tier: {value}"),
    "stage": _("stage: {value}"),
    "source": _("came from {value}"),
    "campaign": _("came by the campaign {value}"),
    "category": _("buys mostly {value}"),
    "price_band": _("buys the {value} prices of a category"),
    "channels": _("uses {value}"),
    "day_part": _("is active {value}"),
    "first_year": _("first order in {value}"),
}
FIGURES: Mapping[str, tuple[str, str]] = {
    "orders": (_("Orders so far"), "count"),
    "spend_12m": (_("Spend of 12 months"), "money"),
    "orders_12m": (_("Orders of 12 months"), "count"),
    "aov_12m": (_("Average order"), "money"),
    "days_known": (_("Days since the first order"), "count"),
    "silence": (_("Days since the last order"), "count"),
    "clv_12m": (_("Value expected in 12 months"), "money"),
    "active_days": (_("Active days of 12 months"), "count"),
    "variety": (_("Spread over categories, in bits"), "number"),
    "price_place": (_("Place of prices within their category, 0 cheapest, 1 dearest"), "number"),
    "acquisition_cost": (_("Acquisition cost"), "money"),
}
VALUES: Mapping[str, str] = {
    "price_band/low": _("low"),
    "price_band/middle": _("middle"),
    "price_band/high": _("high"),
    "day_part/night": _("at night"),
    "day_part/morning": _("in the morning"),
    "day_part/afternoon": _("in the afternoon"),
    "day_part/evening": _("in the evening"),
    **{f"tier/{name}": TIER_WORDS[code] for name, code in zip(TIERS, TIER_WORDS, strict=True)},
    **{f"stage/{name}": STAGE_WORDS[code] for name, code in zip(STAGES, STAGE_WORDS, strict=True)},
}
GROUP_AXES: Mapping[str, str] = {
    "tier": _("Tier: {value}"),
    "stage": _("Stage: {value}"),
    "action": _("Playbook: {value}"),
    "segment": _("Segment: {value}"),
}


def title(axis: str, value: str, formats: Formats) -> str:
    """What the group is called."""
    return formats.say(GROUP_AXES[axis], value=_value(axis, value, formats))


def sentences(found: Mapping[str, Any], formats: Formats) -> list[str]:
    """
    A persona, one sentence a finding, the most telling first.

    Args:
        found: As ``Persona.as_json`` gives it.
        formats: The reader's language.
    """
    told = [
        *(_attribute(each, formats) for each in found["attributes"]),
        *(_shift(each, formats) for each in found["shifts"]),
    ]
    head = formats.say(
        HEAD, customers=formats.number(found["customers"]), others=formats.number(found["others"])
    )
    asked = formats.number(found["asked"])
    if not told:
        return [head, formats.say(NOTHING, asked=asked)]
    return [head, *told, formats.say(HELD, asked=asked, chance=formats.percent(found["chance"], 0))]


def attribute_name(each: Mapping[str, Any], formats: Formats) -> str:
    """What an attribute is called: came from search."""
    return formats.say(ATTRIBUTES[each["name"]], value=_value(each["name"], each["value"], formats))


def figure_name(each: Mapping[str, Any], formats: Formats) -> str:
    """What a figure is called: Average order."""
    return formats.say(FIGURES[each["name"]][0])


def figure_text(name: str, value: float, formats: Formats) -> str:
    """A figure as it is written: an amount, a count, or a number."""
    return _figure(value, FIGURES[name][1], formats)


def _attribute(each: Mapping[str, Any], formats: Formats) -> str:
    what = attribute_name(each, formats)
    fields = {
        "what": what[:1].upper() + what[1:],
        "share": formats.percent(each["share"]),
        "others": formats.percent(each["share_of_others"]),
    }
    if not each["share"]:
        return formats.say(NEVER, what=fields["what"], others=fields["others"])
    if each["lift"] is None:
        return formats.say(ONLY, what=fields["what"], share=fields["share"])
    bounds = {
        name: formats.number(each[name], 1 if each[name] >= 1 else 2) for name in ("lift", "low", "high")
    }
    return formats.say(MORE if each["lift"] > 1 else LESS, **fields, **bounds)


def _shift(each: Mapping[str, Any], formats: Formats) -> str:
    name, kind = FIGURES[each["name"]]
    above = (1.0 + abs(each["delta"])) / 2.0
    return formats.say(
        HIGHER if each["delta"] > 0 else LOWER,
        what=formats.say(name),
        median=_figure(each["median"], kind, formats),
        others=_figure(each["median_of_others"], kind, formats),
        chance=formats.percent(above, 0),
    )


def _figure(value: float, kind: str, formats: Formats) -> str:
    if kind == "money":
        return formats.money(value)
    return formats.number(value, 0 if kind == "count" else 2)


def _value(name: str, value: str, formats: Formats) -> str:
    known = VALUES.get(f"{name}/{value}")
    return formats.say(known) if known else value
