"""What holds of bands and tiers in every life, whatever is measured and whatever the models say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from evergrove.segments import Tier
from evergrove.segments.codes import NO_CODE, Criterion
from evergrove.segments.states.bands import protected
from evergrove.segments.tiers.assign import tiers_by
from evergrove.segments.tiers.hysteresis import NEVER, Held, hold
from evergrove.segments.tiers.policy import TierPolicy
from evergrove.segments.types import Criteria

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from evergrove.models import Floats
    from evergrove.segments.types import Codes, Dates, Numbers

START = date(2026, 1, 1)
TOP = int(Tier.HIGH)
SLOW: dict[str, Any] = {"checks": 2, "dwell_days": 30, "check_days": 60, "demote_p": 0.35, "sure_p": 0.1}


@dataclass(frozen=True)
class Night:
    """
    One night of one customer.

    Attributes:
        day: Since the start.
        measured: Band by the figures; NO_CODE where there are none.
        chances: P of keeping the bounds of the bands above the lowest, falling with the band.
    """

    day: int
    measured: int
    chances: tuple[float, ...]

    def keeps(self, band: Codes, _rows: Numbers) -> Floats:
        """As ``hold`` asks."""
        return np.array(self.chances)[band - 1]


@st.composite
def lives(draw: st.DrawFn, *, unknown: bool = False) -> list[Night]:
    """Nights of a customer, some of them weeks apart."""
    gaps = draw(st.lists(st.sampled_from([1, 1, 1, 7, 35]), min_size=2, max_size=60))
    bands = st.integers(NO_CODE if unknown else 0, TOP)
    chance = st.sampled_from([0.0, 0.05, 0.1, 0.2, 0.35, 0.36, 0.5, 0.59, 0.6, 0.8, 1.0])
    chances = st.tuples(*[chance] * TOP).map(lambda each: tuple(sorted(each, reverse=True)))
    days = np.cumsum(gaps).tolist()
    return [Night(int(day), draw(bands), draw(chances)) for day in days]


def nobody() -> Held:
    """A customer not seen before."""
    none = np.full(1, NO_CODE, dtype=np.int8)
    return Held(none, np.full(1, NEVER), np.zeros(1, dtype=np.int16), np.full(1, NEVER))


def after(night: Night, before: Held, *, predicted: bool = False) -> Held:
    """A night on."""
    return hold(
        np.array([night.measured], dtype=np.int8),
        before,
        START + timedelta(days=night.day),
        keeps=night.keeps,
        promote_p=0.6 if predicted else None,
        **SLOW,
    )


def lived(nights: Sequence[Night], *, predicted: bool = False) -> list[Held]:
    """The band in force after each night."""
    held, found = nobody(), []
    for night in nights:
        held = after(night, held, predicted=predicted)
        found.append(held)
    return found


def same(one: Held, other: Held) -> bool:
    """Whether both are alike in everything that the next night reads."""
    return all(
        np.array_equal(a, b, equal_nan=a.dtype.kind == "M")
        for a, b in zip(parts(one), parts(other), strict=True)
    )


def parts(held: Held) -> tuple[NDArray[Any], ...]:
    """All arrays."""
    return held.tier, held.since, held.lower_checks, held.last_check


@given(lives(unknown=True))
def test_total_everybody_measured_has_a_band_and_nobody_else(nights: list[Night]) -> None:
    """One of the four; none exactly where nothing can be measured."""
    for night, held in zip(nights, lived(nights), strict=True):
        band = int(held.tier[0])
        assert (band == NO_CODE) == (night.measured == NO_CODE)
        assert NO_CODE <= band <= TOP


@given(lives())
def test_a_realised_band_rises_at_once_and_never_above_the_figures(nights: list[Night]) -> None:
    """It is never below what is measured, and where it rises it is just that, whatever the models say."""
    before = NO_CODE
    for night, held in zip(nights, lived(nights), strict=True):
        band = int(held.tier[0])
        assert band >= night.measured
        assert band <= max(before, night.measured)
        before = band


@given(lives())
def test_a_band_falls_only_where_models_doubt_it_on_two_dates_and_the_dwell_is_over(
    nights: list[Night],
) -> None:
    """Measured lower, the bound kept with at most 0.35 tonight and on an earlier night, 30 days after it was reached."""
    states = lived(nights)
    for k in range(1, len(nights)):
        then, now = int(states[k - 1].tier[0]), int(states[k].tier[0])
        if now >= then:
            continue
        age = (START + timedelta(days=nights[k].day) - states[k - 1].since[0].item()).days
        assert age >= SLOW["dwell_days"]
        for night in (nights[k - 1], nights[k]):
            assert night.measured < then
            assert night.chances[then - 1] <= SLOW["demote_p"]
        assert nights[k - 1].day < nights[k].day
        assert now >= nights[k].measured
        if now > nights[k].measured:
            assert nights[k].chances[now - 1] > SLOW["sure_p"]


@given(lives())
def test_a_predicted_band_rises_only_where_it_is_likely_enough(nights: list[Night]) -> None:
    """To a band whose bound is kept with at least 0.6; what is measured tonight lifts nobody."""
    states = lived(nights, predicted=True)
    for k in range(1, len(nights)):
        then, now = int(states[k - 1].tier[0]), int(states[k].tier[0])
        if now > then:
            assert nights[k].chances[now - 1] >= 0.6
        elif now == then < TOP:
            within = max(then, nights[k].measured)
            assert not any(nights[k].chances[level - 1] >= 0.6 for level in range(then + 1, within + 1))
        else:
            assert nights[k].chances[then - 1] <= SLOW["demote_p"] or then == TOP


@given(lives(), st.booleans())
def test_the_same_night_twice_is_one(nights: list[Night], predicted: bool) -> None:  # noqa: FBT001 - hypothesis draws it
    """A second run on one day with the same figures changes nothing, not even what the next night goes by."""
    held = nobody()
    for night in nights:
        held = after(night, held, predicted=predicted)
        assert same(after(night, held, predicted=predicted), held)


@given(lives(), st.booleans())
def test_nobody_moves_while_nothing_says_otherwise(nights: list[Night], predicted: bool) -> None:  # noqa: FBT001 - hypothesis draws it
    """Figures that say the band in force, and models that keep it without promising more, move nobody."""
    held = lived(nights, predicted=predicted)[-1]
    band = int(held.tier[0])
    chances = (1.0,) * band + (0.5,) * (TOP - band)
    calm = [Night(nights[-1].day + k, band, chances) for k in (1, 2, 60, 120)]
    for night in calm:
        later = after(night, held, predicted=predicted)
        assert (later.tier[0], later.since[0], later.lower_checks[0]) == (band, held.since[0], 0)
        held = later


@given(
    st.lists(st.tuples(st.integers(0, TOP), st.integers(0, TOP)), min_size=1, max_size=12),
    st.integers(0, TOP),
    lives(),
)
def test_monotone_who_measures_better_is_never_placed_worse(
    pairs: list[tuple[int, int]], held: int, nights: list[Night]
) -> None:
    """Two customers with one past: the better figure of tonight never has the lower band."""
    started = np.array([START], dtype="datetime64[D]")
    before = Held(np.array([held], dtype=np.int8), started, np.zeros(1, dtype=np.int16), np.full(1, NEVER))
    for night, pair in zip(nights, pairs, strict=False):
        worse, better = (
            int(after(Night(night.day, measured, night.chances), before).tier[0]) for measured in sorted(pair)
        )
        assert worse <= better


@given(
    st.lists(st.tuples(*[st.integers(0, 10)] * 5), min_size=2, max_size=2),
    st.sampled_from(["median", "all", "spend_first", "weighted"]),
    st.sets(st.sampled_from(list(Criterion)), min_size=1),
)
def test_monotone_no_better_figure_lowers_a_tier(
    figures: list[tuple[int, ...]], combine: str, chosen: set[Criterion]
) -> None:
    """Of any policy: raise any figures of a customer, and the tier is the same or higher."""
    criteria = tuple(sorted(chosen | ({Criterion.SPEND} if combine == "spend_first" else set())))
    rules = TierPolicy(
        bounds=dict.fromkeys(criteria, (2.0, 5.0, 8.0)),
        combine=combine,  # type: ignore[arg-type]
        weights=dict.fromkeys(criteria, 1.0) if combine == "weighted" else {},
    )
    lower, upper = np.min(figures, axis=0), np.max(figures, axis=0)
    columns = [np.array(pair, dtype=np.float64) for pair in zip(lower, upper, strict=True)]
    ranks = tiers_by(Criteria(*columns), rules.stated(), rules).ranks
    assert 0 <= ranks[0] <= ranks[1] <= TOP


@given(
    st.lists(st.integers(0, TOP), min_size=2, max_size=80),
    st.sampled_from([0, 30, 150]),
)
def test_a_protected_tier_falls_no_sooner_and_never_stands_below_the_bands(
    ranks: list[int], protect_days: int
) -> None:
    """After a rise, whatever the bands say from night to night."""
    tier: Codes = np.full(1, NO_CODE, dtype=np.int8)
    risen_on: Dates = np.full(1, NEVER)
    rose = None
    for day, rank in enumerate(ranks):
        before = int(tier[0])
        tier, risen_on = protected(
            np.array([rank], dtype=np.int8), tier, risen_on, START + timedelta(days=day), protect_days
        )
        assert tier[0] >= rank
        if tier[0] < before:
            assert rose is None or day - rose >= protect_days
            rose = None
        elif tier[0] > before != NO_CODE:
            rose = day
