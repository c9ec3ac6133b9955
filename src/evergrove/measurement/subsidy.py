"""What share of a campaign's redeemers would have bought without the coupon, where the playbook kept a control group."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from evergrove.campaigns import assignment
from evergrove.ingest.sources.batches import arrow_table
from evergrove.ledger import upsert
from evergrove.measurement.tables import coupon_subsidy
from evergrove.outbox import OUTBOX
from evergrove.people.identity import persons_now
from evergrove.programs.coupons.tables import coupon_given, coupon_use
from evergrove.stats.normal import quantile
from evergrove.warehouse import statement

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection

    from evergrove.warehouse import Engine

LEVEL = 0.8
LEAST_IN_ARM = 2
NO_CONTROL = "measurement.subsidy_no_control"
NOBODY_REDEEMED = "measurement.subsidy_nobody_redeemed"
TOO_FEW = "measurement.subsidy_too_few"
NOBODY_YET = "measurement.subsidy_nobody_yet"


@dataclass(frozen=True)
class Arm:
    """
    One arm of one stratum.

    Attributes:
        people: Assigned.
        buyers: Of them, with an order since.
        redeemers: Of them, who have used a code of the campaign.
        both: Of them, who did both.
    """

    people: int = 0
    buyers: int = 0
    redeemers: int = 0
    both: int = 0

    def __add__(self, other: Arm) -> Arm:
        return Arm(
            self.people + other.people,
            self.buyers + other.buyers,
            self.redeemers + other.redeemers,
            self.both + other.both,
        )


@dataclass(frozen=True)
class Subsidy:
    """
    The subsidy rate of a coupon campaign through one playbook, or why it is not known.

    Attributes:
        rate: 1 - extra buyers per assigned / redeemers per assigned, assuming that nobody is deterred; not clipped: below
            0 the coupon has brought more buyers than it had users, above 1 fewer people bought with it than without.
        low: Lower bound.
        high: Upper bound.
        level: Probability between the bounds.
        extra_buyers: Share of the treated who bought, less that of control, post-stratified.
        redeemed_share: Share of the treated who used a code, post-stratified.
        people_treated: As assigned.
        people_control: As assigned.
        redeemers: Of the treated.
        reason: Code of why there is no rate; None where there is one.
    """

    rate: float | None
    low: float | None
    high: float | None
    level: float
    extra_buyers: float | None
    redeemed_share: float | None
    people_treated: int
    people_control: int
    redeemers: int
    reason: str | None = None


@dataclass(frozen=True)
class KeptSubsidy:
    """A subsidy rate as it was measured: through which playbook, and as of which day."""

    playbook: str
    as_of: date
    found: Subsidy


def subsidy_rate(strata: Iterable[tuple[Arm, Arm]], level: float = LEVEL) -> Subsidy:
    r"""
    The subsidy rate from counts by stratum and arm.

    .. math::

        S = 1 - \frac{D}{R}, \quad D = \sum_h w_h (b_{1h} - b_{0h}), \quad R = \sum_h w_h r_h

    with the strata's shares w of the people, shares of buyers b and of redeemers r. Its interval holds every S that the
    data do not speak against: those for which D - (1 - S) R lies within z standard errors of 0. D and R are of the
    same people, so that their covariance counts; where R itself may be 0 the set has no end, and the rate is not known.

    Args:
        strata: (treated, control) of each; those with fewer than 2 people in an arm say nothing and are left out.
        level: Probability between the bounds.

    Source:
        Fieller (1954), Some problems in interval estimation, JRSS B 16(2), 175-185.
    """
    listed = list(strata)
    treated = sum((one for one, _other in listed), Arm())
    control = sum((other for _one, other in listed), Arm())
    usable = [each for each in listed if min(each[0].people, each[1].people) >= LEAST_IN_ARM]
    if not treated.people:
        return _unknown(NOBODY_YET, treated, control, level)
    if not usable:
        return _unknown(NO_CONTROL, treated, control, level)
    if not any(one.redeemers for one, _other in usable):
        return _unknown(NOBODY_REDEEMED, treated, control, level)
    extra, share, var_d, var_r, cov = _moments(usable)
    bounds = _fieller(extra, share, var_d, var_r, cov, quantile(level))
    if bounds is None:
        return _unknown(TOO_FEW, treated, control, level)
    return Subsidy(
        rate=1.0 - extra / share,
        low=1.0 - bounds[1],
        high=1.0 - bounds[0],
        level=level,
        extra_buyers=extra,
        redeemed_share=share,
        people_treated=treated.people,
        people_control=control.people,
        redeemers=treated.redeemers,
    )


def _moments(strata: Sequence[tuple[Arm, Arm]]) -> tuple[float, float, float, float, float]:
    """D and R, their variances and their covariance."""
    people = sum(one.people + other.people for one, other in strata)
    extra = share = var_d = var_r = cov = 0.0
    for one, other in strata:
        weight = (one.people + other.people) / people
        bought, base, used = one.buyers / one.people, other.buyers / other.people, one.redeemers / one.people
        extra += weight * (bought - base)
        share += weight * used
        of_treated, of_control = weight**2 / (one.people - 1), weight**2 / (other.people - 1)
        var_d += of_treated * bought * (1 - bought) + of_control * base * (1 - base)
        var_r += of_treated * used * (1 - used)
        cov += of_treated * (one.both / one.people - bought * used)
    return extra, share, var_d, var_r, cov


def _fieller(
    extra: float, share: float, var_d: float, var_r: float, cov: float, z: float
) -> tuple[float, float] | None:
    """Bounds of D / R; None where the denominator may be 0."""
    a = share**2 - z**2 * var_r
    b = extra * share - z**2 * cov
    c = extra**2 - z**2 * var_d
    if a <= 0:
        return None
    root = sqrt(max(b**2 - a * c, 0.0))
    return (b - root) / a, (b + root) / a


def _unknown(reason: str, treated: Arm, control: Arm, level: float) -> Subsidy:
    return Subsidy(
        rate=None,
        low=None,
        high=None,
        level=level,
        extra_buyers=None,
        redeemed_share=None,
        people_treated=treated.people,
        people_control=control.people,
        redeemers=treated.redeemers,
        reason=reason,
    )


def measure_subsidies(
    engine: Engine, connection: Connection, as_of: date, level: float = LEVEL
) -> dict[tuple[str, str], Subsidy]:
    """
    The subsidy rate of every campaign through every playbook that has given out its codes.

    Args:
        engine: Shows ``orders`` as known now.
        connection: Of any block; nothing is written.
        as_of: The last day whose orders count.
        level: Probability between the bounds.

    Returns:
        By campaign and playbook.
    """
    pairs = connection.execute(
        select(coupon_given.c.campaign, OUTBOX.c.playbook)
        .join_from(coupon_given, OUTBOX, OUTBOX.c.id == coupon_given.c.ref)
        .distinct()
    ).all()
    persons = persons_now(connection) if pairs else {}
    return {
        (campaign, playbook): subsidy_rate(
            _strata(engine, connection, campaign, playbook, as_of, persons), level
        )
        for campaign, playbook in sorted(map(tuple, pairs))
    }


def _strata(
    engine: Engine,
    connection: Connection,
    campaign: str,
    playbook: str,
    as_of: date,
    persons: Mapping[str, str],
) -> list[tuple[Arm, Arm]]:
    assigned = _assigned(connection, playbook, as_of, persons)
    used = (coupon_use.c.campaign == campaign) & (coupon_use.c.state == "redeemed")
    users = connection.execute(select(coupon_use.c.customer_id).where(used)).scalars()
    redeemed = {persons.get(each, each) for each in users if each is not None}
    engine.register("assigned", assigned)
    engine.register("redeemed", arrow_table({"customer_id": sorted(redeemed)}))
    try:
        rows = engine.run(statement("evergrove.measurement", "subsidy_sums"), as_of=as_of)
    finally:
        engine.unregister("assigned")
        engine.unregister("redeemed")
    found: dict[tuple[Any, ...], dict[str, Arm]] = defaultdict(dict)
    for probability, tier, stage, arm, *counts in rows:
        found[probability, tier, stage][arm] = Arm(*counts)
    return [(by.get("treated", Arm()), by.get("control", Arm())) for by in found.values()]


def _assigned(connection: Connection, playbook: str, as_of: date, persons: Mapping[str, str]) -> Any:
    """Assigned people, each once, from the first of their days on; who stands in both arms is in neither."""
    import pyarrow as pa  # noqa: PLC0415 - what only reads the figures does without

    row = assignment.c
    query = (
        select(row.probability, row.tier, row.stage, row.arm, row.customer_id, row.as_of)
        .where(row.layer == "playbook", row.layer_key == playbook, row.as_of < as_of)
        .order_by(row.as_of, row.customer_id)
    )
    people: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for each in connection.execute(query):
        own = persons.get(each.customer_id, each.customer_id)
        people[own].append((each.probability, each.tier, each.stage, each.arm, own, each.as_of))
    rows = [group[0] for group in people.values() if len({each[3] for each in group}) == 1]
    columns = list(zip(*rows, strict=True)) if rows else [()] * 6
    kinds = (pa.float64(), *(pa.string(),) * 4, pa.date32())
    names = ("probability", "tier", "stage", "arm", "customer_id", "as_of")
    return pa.table(
        {name: pa.array(column, kind) for name, column, kind in zip(names, columns, kinds, strict=True)}
    )


def keep_subsidies(
    connection: Connection, found: Mapping[tuple[str, str], Subsidy], as_of: date, now: datetime
) -> None:
    """Keep the newest figures; ``connection`` is of a ``writing`` block."""
    rows = [
        {"campaign": campaign, "playbook": playbook, "as_of": as_of, "recorded_at": now, **vars(each)}
        for (campaign, playbook), each in found.items()
    ]
    upsert(connection, coupon_subsidy, rows, ("campaign", "playbook"))


def kept_subsidies(connection: Connection, campaign: str) -> list[KeptSubsidy]:
    """What was measured last of a campaign, by playbook; nothing where nobody has measured since codes were given."""
    return [kept for key, kept in all_subsidies(connection) if key == campaign]


def all_subsidies(connection: Connection) -> list[tuple[str, KeptSubsidy]]:
    """The same of every campaign, each with its key; by campaign and playbook."""
    query = select(coupon_subsidy).order_by(coupon_subsidy.c.campaign, coupon_subsidy.c.playbook)
    names = tuple(Subsidy.__dataclass_fields__)
    return [
        (
            row["campaign"],
            KeptSubsidy(row["playbook"], row["as_of"], Subsidy(**{name: row[name] for name in names})),
        )
        for row in connection.execute(query).mappings()
    ]
