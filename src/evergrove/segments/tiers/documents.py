"""A tier policy as a document: strictly read from a file or from storage, and written for the latter."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, cast

from evergrove.core import Term, _
from evergrove.segments.codes import PREDICTED, REALISED, TIERS, Criterion, Tier
from evergrove.segments.tiers.entries import Entries
from evergrove.segments.tiers.errors import PolicyBoundsFall, PolicyDoesNotFit, UnknownPolicyFormat
from evergrove.segments.tiers.policy import Hysteresis, OwnTier, TierPolicy

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMAT = "evergrove.tier_policy/1"
SETTINGS = "settings"
"""Name under which a workspace goes back to what [tiers] states."""
FEWEST, MOST = 2, 6
MOST_VALUE = 1e12
CRITERIA: Mapping[str, Criterion] = {
    "spend": Criterion.SPEND,
    "repeat_orders": Criterion.FREQUENCY,
    "orders": Criterion.FREQUENCY,
    "average_order": Criterion.AVERAGE_ORDER,
    "clv_12m": Criterion.CLV_12M,
    "clv_total": Criterion.CLV_TOTAL,
}
QUANTILES = "quantiles"
LANGUAGES = ("en", "zh-Hans", "zh-Hant")
COMBINATIONS = ("median", "all", "spend_first", "weighted", "predicted")
BASES = ("", "revenue", "margin", "net_profit")


def read_policy(document: Mapping[str, Any], origin: str = FORMAT) -> TierPolicy:
    """
    Read a policy; every entry is checked, and none is passed over.

    Args:
        document: As TOML or JSON gives it.
        origin: Where it comes from, as the reader knows it.

    Raises:
        InvalidTierPolicy: An entry is missing, unknown, of the wrong kind, or contradicts another.
    """
    if document.get("format") != FORMAT:
        raise UnknownPolicyFormat(origin=origin, found=str(document.get("format") or "?"), known=FORMAT)
    entries = Entries(origin, document)
    entries.word("format", (FORMAT,))
    tiers = _tiers(entries)
    bounds, basis = _criteria(entries.table("criteria", needed=True), len(tiers))
    choice = entries.word("bounds", ("fixed", "auto"), "fixed")
    needs_shares = choice == "auto" or not all(bounds.values())
    policy = TierPolicy(
        name=_name(entries),
        version=entries.whole("version", 0, 0, 10**6),
        tiers=tiers,
        bounds=bounds,
        choice=cast("Any", choice),
        shares=entries.numbers("shares", 0.0, 1.0, len(tiers) - 1)
        if needs_shares or entries.has("shares")
        else (),
        combine=cast("Any", entries.word("combine", COMBINATIONS, "median")),
        weights=_weights(entries.table("weights"), bounds),
        basis=cast("Any", entries.word("basis", BASES, "")),
        frequency_basis=cast("Any", basis),
        least_high_share=entries.number("least_top_share", 0.0, 1.0, 0.01),
        hysteresis=_hysteresis(entries.table("hysteresis")),
    )
    entries.end()
    _check(policy, origin)
    return policy


def policy_document(policy: TierPolicy) -> dict[str, Any]:
    """The document of a policy that was read: reading it again gives an equal one."""
    names = {criterion: name for name, criterion in CRITERIA.items() if name != "orders"}
    names[Criterion.FREQUENCY] = policy.frequency_basis
    return {
        "format": FORMAT,
        "name": policy.name,
        "version": policy.version,
        "tiers": [
            {"key": tier.key, "like": TIERS[tier.like], "names": dict(tier.names)} for tier in policy.tiers
        ],
        "criteria": {names[each]: list(bounds) or QUANTILES for each, bounds in policy.bounds.items()},
        "bounds": policy.choice,
        **({"shares": list(policy.shares)} if policy.shares else {}),
        "combine": policy.combine,
        "weights": {names[each]: weight for each, weight in policy.weights.items()},
        "basis": policy.basis,
        "least_top_share": policy.least_high_share,
        "hysteresis": asdict(policy.hysteresis),
    }


def _tiers(entries: Entries) -> tuple[OwnTier, ...]:
    listed = entries.tables("tiers")
    if not FEWEST <= len(listed) <= MOST:
        raise entries.unusable("tiers", len(listed), f"{FEWEST}-{MOST}")
    found: list[OwnTier] = []
    for place, each in enumerate(listed):
        key = each.key("key")
        like = Tier(TIERS.index(each.word("like", TIERS, _like(key, place, len(listed)))))
        names = each.table("names")
        shown = {language: names.text(language) for language in LANGUAGES if names.has(language)}
        names.end(LANGUAGES)
        each.end()
        if key in {tier.key for tier in found}:
            raise each.unusable("key", key, Term(_("each key only once")))
        if found and like < found[-1].like:
            raise each.unusable("like", TIERS[like], " | ".join(TIERS[found[-1].like :]))
        found.append(OwnTier(key, like, shown))
    return tuple(found)


def _name(entries: Entries) -> str:
    """The policy's own name; "settings" is what goes back to those of the workspace."""
    name = entries.key("name")
    if name == SETTINGS:
        raise entries.unusable("name", name, Term(_("any other name")))
    return name


def _like(key: str, place: int, count: int) -> str:
    """The usual tier of that name; otherwise top = high, bottom = low, and those between spread evenly."""
    if key in TIERS:
        return key
    return TIERS[round(place * (len(TIERS) - 1) / (count - 1))]


def _criteria(table: Entries, tiers: int) -> tuple[dict[Criterion, tuple[float, ...]], str]:
    found: dict[Criterion, tuple[float, ...]] = {}
    basis = "repeat_orders"
    for name, criterion in CRITERIA.items():
        if not table.has(name):
            continue
        if criterion in found:
            raise table.unusable(name, table.taken(name), "repeat_orders | orders")
        if criterion == Criterion.FREQUENCY:
            basis = name
        if table.taken(name) == QUANTILES:
            found[criterion] = ()
            continue
        bounds = table.numbers(name, 0.0, MOST_VALUE, tiers - 1)
        if list(bounds) != sorted(bounds):
            shown = ", ".join(f"{bound:g}" for bound in bounds)
            raise PolicyBoundsFall(origin=table.origin, name=table.at(name), bounds=shown)
        found[criterion] = bounds
    table.end(tuple(CRITERIA))
    if not found:
        raise table.unusable("", "{}", " | ".join(CRITERIA))
    return {criterion: found[criterion] for criterion in sorted(found)}, basis


def _weights(table: Entries, bounds: Mapping[Criterion, object]) -> dict[Criterion, float]:
    names = [name for name, criterion in CRITERIA.items() if table.has(name) and criterion in bounds]
    found = {CRITERIA[name]: table.number(name, 0.0, MOST_VALUE) for name in names}
    table.end([name for name, criterion in CRITERIA.items() if criterion in bounds])
    return found


def _hysteresis(table: Entries) -> Hysteresis:
    usual = Hysteresis()
    found = Hysteresis(
        promote_p=table.number("promote_p", 0.5, 1.0, usual.promote_p),
        demote_p=table.number("demote_p", 0.0, 0.5, usual.demote_p),
        fall_checks=table.whole("fall_checks", 1, usual.fall_checks),
        dwell_days=table.whole("dwell_days", 0, usual.dwell_days),
        check_days=table.whole("check_days", 1, usual.check_days),
        protect_days=table.whole("protect_days", 0, usual.protect_days),
        sure_p=table.number("sure_p", 0.0, 0.5, usual.sure_p),
    )
    table.end()
    return found


def _check(policy: TierPolicy, origin: str) -> None:
    """Refuse entries that contradict each other."""
    criteria = set(policy.criteria)
    wanted = {
        "predicted": (criteria <= set(PREDICTED), "clv_12m, clv_total"),
        "spend_first": (Criterion.SPEND in criteria, "spend"),
        "weighted": (set(policy.weights) == criteria and sum(policy.weights.values()) > 0, "[weights]"),
    }
    fits, needed = wanted.get(policy.combine, (True, ""))
    if not fits:
        raise PolicyDoesNotFit(origin=origin, name="combine", value=policy.combine, wanted=needed)
    if policy.weights and policy.combine != "weighted":
        raise PolicyDoesNotFit(origin=origin, name="combine", value=policy.combine, wanted="weighted")
    if policy.choice == "auto" and criteria != set(REALISED):
        needed = "spend, repeat_orders, average_order"
        raise PolicyDoesNotFit(origin=origin, name="bounds", value="auto", wanted=needed)
    if sum(policy.shares) > 1:
        raise PolicyDoesNotFit(origin=origin, name="shares", value=sum(policy.shares), wanted="<= 1")
