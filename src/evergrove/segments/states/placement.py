"""
By what customers are placed: the shop's policy, and the yardsticks that were measured beside it.

Quantile bounds and the limits of silence describe the whole shop. Measured every night they would move customers
who did nothing and for whom no limit was passed: they are therefore kept, with the models, from one fit to the next.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from functools import partial
from math import inf, isfinite, nan
from typing import TYPE_CHECKING, Any

from evergrove.core import EvergroveError, InputError, _
from evergrove.segments.measures.around import surroundings
from evergrove.segments.measures.tables import stage_cuts
from evergrove.segments.service import segment
from evergrove.segments.tiers.documents import policy_document, read_policy
from evergrove.segments.tiers.policy import policy_from
from evergrove.segments.types import CategoryRhythm, Rhythm, SilenceCut, StageCuts, TierBounds
from evergrove.settings import StageSettings, TierSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.customers import CustomerBase
    from evergrove.models import Floats
    from evergrove.scoring.types import Scores
    from evergrove.segments.tiers.policy import TierPolicy
    from evergrove.segments.types import Outlook, Segments
    from evergrove.segments.warning.hearing import Hearing
    from evergrove.settings import Settings
    from evergrove.warehouse import Engine

KIND = "evergrove.placement"
NEWEST = 2
READ = (1, 2)


class UnknownPlacement(InputError):
    """A stored placement has a format that this version does not read."""

    code = "segments.unknown_placement"
    message = _("The last run's placement has the format {found}; this version reads {known}.")
    hint = _("Install the version of Evergrove that wrote it, or a later one.")


class DamagedPlacement(EvergroveError):
    """A stored placement lacks something: ours to mend."""

    code = "segments.damaged_placement"
    message = _("The last run's placement cannot be read: {reason}.")
    hint = _("Somebody changed the ledger by hand, or its disk is damaged: restore the newest backup.")


@dataclass(frozen=True)
class Policy:
    """
    What a shop decided: equal policies place equal histories alike.

    Attributes:
        tiers: Bounds of the tiers and how slowly they fall.
        stages: Limits of the stages.
        currency: As declared; "" if not.
        adopted: The policy of tiers that somebody adopted; it takes the place of ``tiers``.
    """

    tiers: TierSettings
    stages: StageSettings
    currency: str
    adopted: TierPolicy | None = None

    @property
    def rules(self) -> TierPolicy:
        """The policy of tiers that holds: the adopted one, or what the settings state."""
        return policy_from(self.tiers) if self.adopted is None else self.adopted


def policy_of(settings: Settings, adopted: TierPolicy | None = None) -> Policy:
    """The part of the settings that places customers, and the policy of tiers that somebody adopted."""
    return Policy(settings.tiers, settings.stages, settings.value.currency, adopted)


@dataclass(frozen=True)
class Yardsticks:
    """
    What was measured of the shop, and holds until the next fit.

    Attributes:
        bounds: Of the tiers; None without amounts.
        cuts: Where churn and decline begin.
    """

    bounds: TierBounds | None
    cuts: StageCuts


@dataclass(frozen=True)
class Placement:
    """A policy with the yardsticks measured under it: all that a run needs to place as an earlier one did."""

    policy: Policy
    yardsticks: Yardsticks

    def document(self) -> dict[str, Any]:
        """As JSON; numbers survive exactly, null stands for what is not known or has no end."""
        bounds, cuts = self.yardsticks.bounds, self.yardsticks.cuts
        return {
            "format": f"{KIND}/{NEWEST}",
            "tiers": asdict(self.policy.tiers),
            "stages": asdict(self.policy.stages),
            "currency": self.policy.currency,
            "policy": None if self.policy.adopted is None else policy_document(self.policy.adopted),
            "bounds": None if bounds is None else bounds.as_json(),
            "cuts": {
                "p_active": _number(cuts.p_active),
                "shop": {
                    "gaps": cuts.shop.gaps,
                    "p80": _number(cuts.shop.p80),
                    "p95": _number(cuts.shop.p95),
                },
                "own_silence": _silence(cuts.own_silence),
                "shop_silence": _silence(cuts.shop_silence),
                **({"hears_health": True} if cuts.hears_health else {}),
                **_beside(cuts),
            },
        }


def placement_of(policy: Policy, segments: Segments) -> Placement:
    """What some segments were placed by."""
    return Placement(policy, Yardsticks(segments.tiering.bounds, segments.cuts))


def read_placement(document: Mapping[str, Any]) -> Placement:
    """
    Read a placement back.

    A setting that the document does not know takes its default; one that exists no more is passed over.

    Raises:
        UnknownPlacement: Another kind of document, or another version.
        DamagedPlacement: Something is missing or is not what it should be.
    """
    found, known = document.get("format"), tuple(f"{KIND}/{n}" for n in READ)
    if found not in known:
        raise UnknownPlacement(found=found or "?", known=", ".join(known))
    try:
        cuts, shop = document["cuts"], document["cuts"]["shop"]
        policy = Policy(
            _section(TierSettings, document["tiers"]),
            _section(StageSettings, document["stages"]),
            document["currency"],
            None if (adopted := document.get("policy")) is None else read_policy(adopted),
        )
        measured = StageCuts(
            _float(cuts["p_active"]),
            Rhythm(shop["gaps"], _float(shop["p80"]), _float(shop["p95"])),
            _silence_cut(cuts["own_silence"]),
            _silence_cut(cuts["shop_silence"]),
            cuts.get("hears_health", False),
            tuple(CategoryRhythm(**each) for each in cuts.get("categories", ())),
            _silence_cut(cuts["category_silence"]) if "category_silence" in cuts else SilenceCut(),
            cuts.get("subscriptions", False),
        )
        return Placement(policy, Yardsticks(_bounds(document["bounds"], policy.rules), measured))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise DamagedPlacement(reason=reason) from error


def realise(
    engine: Engine,
    base: CustomerBase,
    p_active: Floats,
    policy: Policy,
    *,
    cut: float = nan,
    yardsticks: Yardsticks | None = None,
    outlook: Outlook | None = None,
    scores: Scores | None = None,
    hearing: Hearing | None = None,
    beside: bool = True,
) -> Segments:
    """
    Place every customer by today's figures alone, as if there had been no yesterday.

    Args:
        engine: Holds what ``summarise`` left.
        base: The customers.
        p_active: Chance of another purchase within ``stages.active_days``. Shape (n,).
        policy: The shop's.
        cut: Of ``p_active``, below which a customer counts as churned; NaN where silence decides. Read only
            without yardsticks, which have theirs.
        yardsticks: Of an earlier day; None measures them today.
        outlook: What the models say of bounds that figures miss; None holds tiers by checks and dwell alone.
        scores: What is predicted, for policies that look ahead; None leaves it unknown.
        hearing: How health is told, where the yardsticks say that it is heard; None leaves stages to orders alone.
        beside: Whether yardsticks measured today may go by categories and subscriptions.
    """
    from evergrove.customers import month_end_figures  # noqa: PLC0415 - only where an engine is at hand

    end = base.observation_end
    cuts = (
        yardsticks.cuts
        if yardsticks
        else stage_cuts(engine, len(base), end, cut, policy.stages, beside=beside)
    )
    around = surroundings(engine, end, len(base), cuts, policy.stages)
    return segment(
        base,
        p_active,
        cuts,
        tiers=policy.tiers,
        stages=policy.stages,
        currency=policy.currency,
        observation_end=end,
        month_end_figures=partial(month_end_figures, engine),
        has_amounts=base.has_amounts,
        bounds=yardsticks.bounds if yardsticks else None,
        rules=policy.rules,
        outlook=outlook,
        scores=scores,
        heard=None if hearing is None else hearing(engine, base, cuts, policy.stages, around),
        around=around,
    )


def _section(section: type[Any], values: Mapping[str, Any]) -> Any:
    known = {each.name for each in fields(section)}
    return section(**{name: value for name, value in values.items() if name in known})


def _bounds(stored: Mapping[str, Any] | None, rules: TierPolicy) -> TierBounds | None:
    if stored is None:
        return None
    criteria = {
        criterion: tuple(
            inf if stored[name][tier] is None else float(stored[name][tier]) for tier in rules.keys[1:]
        )
        for criterion in rules.criteria
        for name in (criterion.name.lower(),)
    }
    return rules.with_bounds(criteria, stored["basis"])


def _silence(cut: SilenceCut) -> dict[str, Any]:
    return {
        "stretch": _number(cut.stretch),
        "source": cut.source,
        "returned": _number(cut.returned),
        "customers": cut.customers,
    }


def _beside(cuts: StageCuts) -> dict[str, Any]:
    """What only shops have that told more than orders: documents of the others stay as they were."""
    found: dict[str, Any] = {"subscriptions": True} if cuts.subscriptions else {}
    if cuts.categories:
        found["categories"] = [asdict(each) for each in cuts.categories]
        found["category_silence"] = _silence(cuts.category_silence)
    return found


def _silence_cut(stored: Mapping[str, Any]) -> SilenceCut:
    stretch = inf if stored["stretch"] is None else float(stored["stretch"])
    return SilenceCut(stretch, stored["source"], _float(stored["returned"]), stored["customers"])


def _float(value: float | None) -> float:
    """JSON has no NaN: what is not known is null."""
    return nan if value is None else float(value)


def _number(value: float) -> float | None:
    return float(value) if isfinite(value) else None
