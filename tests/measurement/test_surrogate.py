"""The surrogate: the same as scoring each history on its own day, by models that knew nothing of what was done."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from tests.measurement.conftest import MORNING, START, day, sell

from evergrove.customers import summarise
from evergrove.measurement import measure, record, recorded
from evergrove.measurement.surrogate import FittedModels, Spell, SurrogateTerms, speaks, surrogates
from evergrove.pipeline.measure import models_for
from evergrove.pipeline.tables import model_run
from evergrove.scoring import Extras, kept_document, score_with, value_customers
from evergrove.settings import Settings, ValueSettings
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from evergrove.ledger import Ledger
    from evergrove.warehouse import Engine

    Order = tuple[str, date, float]

SETTINGS = Settings(value=ValueSettings(margin=0.4, discount_rate=0.25))
CUSTOMERS, WEEKS = 400, 60
LAST = day(80)


@cache
def shop() -> tuple[Order, ...]:
    """Customers who buy at rates of their own until they leave, from a year before START to the last day."""
    random = np.random.default_rng(3)
    orders: list[Order] = []
    for nth in range(CUSTOMERS):
        rate, leaves = random.gamma(0.8, 0.02), random.exponential(300.0)
        first = START - timedelta(days=int(random.integers(0, 7 * WEEKS)))
        mean = random.gamma(6.0, 8.0)
        at = 0.0
        while at < leaves and first + timedelta(days=int(at)) <= LAST:
            amount = round(float(random.gamma(5.0, mean / 5.0)) + 1.0, 2)
            orders.append((f"c{nth:03}", first + timedelta(days=int(at)), amount))
            at += float(random.exponential(1 / rate)) + 1.0
    return tuple(orders)


def scored(orders: Sequence[Order], as_of: date, document: Mapping[str, Any]) -> dict[str, float]:
    """Residual CLV of everybody who had bought by a day, as a night of that day would say it."""
    with open_engine(threads=1) as own:
        sell(own, orders)
        base = summarise(own, as_of, SETTINGS.stages)
        names = own.run("select customer_id from customer_summary order by customer_id")
        found = score_with(base, document, SETTINGS.value, SETTINGS.stages, intervals=False)
    return dict(zip((name for (name,) in names), found.scores.clv.tolist(), strict=True))


@pytest.fixture(scope="module")
def models() -> FittedModels:
    """Fitted to what was known on START."""
    with open_engine(threads=1) as own:
        sell(own, shop())
        base = summarise(own, START, SETTINGS.stages)
        wanted = Extras(back_test=False, intervals=False, engine=own)
        found = value_customers(base, SETTINGS.value, SETTINGS.stages, "bg-nbd", wanted)
    return FittedModels(START, kept_document(found, SETTINGS.stages))


def told_by(models: FittedModels) -> SurrogateTerms:
    """These models, of every day that they had not seen beyond."""
    return SurrogateTerms(lambda until: models if models.fitted_on <= until else None, SETTINGS)


def test_histories_that_end_on_many_days_are_scored_as_on_each_of_them(
    engine: Engine, models: FittedModels
) -> None:
    """By the formula of definitions.md 6, term by term: discounted, less the value then, times the margin."""
    sell(engine, shop())
    random = np.random.default_rng(4)
    spells = [
        Spell("L2", f"c{nth:03}", day(int(random.integers(0, 30))), day(int(random.integers(40, 80))))
        for nth in range(0, CUSTOMERS, 9)
    ]

    found = surrogates(engine, spells, LAST, told_by(models))

    on = cache(lambda when: scored(shop(), when, models.document))
    compared = 0
    for spell, change in zip(spells, found.values, strict=True):
        before, after = on(spell.begins).get(spell.customer_id), on(spell.ends).get(spell.customer_id)
        if before is None:
            assert change is None
            continue
        assert after is not None
        years = (spell.ends - spell.begins).days / 365.25
        assert change == pytest.approx(after * 1.25**-years - before, rel=1e-3, abs=1e-3)
        compared += 1
    assert compared > 30
    assert found.fitted_on == {"L2": START}


def test_nobody_is_told_by_models_that_had_seen_what_was_done(engine: Engine, models: FittedModels) -> None:
    """A layer that began before the fit has none; the other is told."""
    sell(engine, shop())
    early, late = (Spell(key, "c001", day(at), LAST) for key, at in (("L2", -1), ("L5", 3)))

    found = surrogates(engine, [early, late], LAST, told_by(models))

    assert found.values[0] is None
    assert found.values[1] is not None
    assert found.fitted_on == {"L5": START}


def test_who_is_told_nothing_of(engine: Engine, models: FittedModels) -> None:
    """Whoever refuses, began before the models, or ended before he began; in two layers somebody is worth the same."""
    sell(engine, shop())
    spells = [
        Spell("L2", "c001", day(3), LAST),
        Spell("L5", "c001", day(3), LAST),
        Spell("L2", "c002", day(3), LAST),
        Spell("L2", "c003", day(-3), LAST),
        Spell("L2", "c004", day(9), day(5)),
        Spell("L2", "c005", day(3), LAST),
    ]
    by = replace(told_by(models), models_for=lambda _day: models, unscored={"c002"})

    one, same, refused, early, reversed_, other = surrogates(engine, spells, LAST, by).values

    assert one == same is not None
    assert other not in {None, one}
    assert (refused, early, reversed_) == (None, None, None)


def test_models_that_cannot_speak_are_passed_over(ledger: Ledger, models: FittedModels) -> None:
    """The newest before a day that can, or the first since; a document that nobody can read stops nothing."""
    good = models.document
    chosen = {**good["model"], "choice": {"name": "nbd", "how": "auto"}}
    mute = [
        {},
        {"format": "evergrove.kept/9"},
        {**good, "model": {}},
        {**good, "shop": {}},
        {name: part for name, part in good.items() if name != "shop"},
        {**good, "model": chosen},
    ]
    rows = [
        {"as_of": day(at), "document": document, "fitted_at": MORNING}
        for at, document in (
            (0, mute[0]),
            (3, good),
            (5, good),
            *((6 + nth, each) for nth, each in enumerate(mute)),
        )
    ]
    with ledger.writing() as connection:
        connection.execute(model_run.insert(), rows)

    with ledger.reading() as connection:
        asked = {at: models_for(connection, day(at)) for at in (-9, 2, 4, 30)}

    assert speaks(good)
    assert not any(map(speaks, mute))
    assert {at: found and found.fitted_on for at, found in asked.items()} == {
        -9: day(3),
        2: day(3),
        4: day(3),
        30: day(5),
    }


def test_terms_that_mean_nothing_leave_the_rest_as_it_is(
    engine: Engine, ledger: Ledger, assign: Callable[..., None], models: FittedModels
) -> None:
    """Nothing is expected where later money counts as much as today's without an end; margins are measured all the same."""
    sell(engine, shop())
    names = sorted({name for name, when, _amount in shop() if when <= START})
    assign("L2", "treated", names[::2], probability=0.5)
    assign("L2", "control", names[1::2], probability=0.5)
    endless = replace(SETTINGS, value=replace(SETTINGS.value, discount_rate=0.0))

    with ledger.reading() as connection:
        by = replace(told_by(models), settings=endless)
        (found,) = measure(engine, connection, endless, day(60), surrogate_by=by)

    assert (found.surrogate, found.surrogate_people, found.surrogate_fitted_on) == (None, 0, None)
    assert found.margin is not None


def test_a_period_that_is_over_is_not_counted_again(
    engine: Engine, ledger: Ledger, assign: Callable[..., None], models: FittedModels
) -> None:
    """What its customers brought afterwards stands in the next one: only the running period is told of."""
    sell(engine, shop())
    names = sorted({name for name, when, _amount in shop() if when <= START})
    for period, since in (("global", day(0)), ("global 2026-07", date(2026, 7, 1))):
        assign(period, "treated", names[::2], probability=0.5, as_of=since)
        assign(period, "control", names[1::2], probability=0.5, as_of=since)

    with ledger.reading() as connection:
        (found,) = measure(engine, connection, SETTINGS, day(60), surrogate_by=told_by(models))

    assert found.people_treated + found.people_control == 2 * len(names)
    assert found.surrogate_people == len(names)


def test_an_order_taken_back_takes_its_promise_along(engine: Engine, models: FittedModels) -> None:
    """Whoever has nothing left is expected to bring nothing: all that was expected is lost."""
    sell(engine, [("c1", day(0), 50.0), ("c2", day(0), 50.0)])
    engine.create(
        "refunds",
        "select '0' as order_id, 'c1' as customer_id, cast($day as date) as refund_date, cast(50 as decimal(18, 4)) as amount",
        day=day(5),
    )
    spells = [Spell("L2", name, day(0), day(20)) for name in ("c1", "c2")]

    taken_back, stays = surrogates(engine, spells, LAST, told_by(models)).values

    promised = scored([("c1", day(0), 50.0)], day(0), models.document)["c1"]
    assert taken_back == pytest.approx(-promised, rel=1e-6)
    assert stays is not None
    assert stays > -promised


def test_customers_who_live_on_are_worth_more_and_it_is_kept(
    engine: Engine, ledger: Ledger, assign: Callable[..., None], models: FittedModels
) -> None:
    """
    Treated customers buy on, control has left: models see it in what they have bought, and the row is read back.

    Whoever had not bought before is counted in the arms, and told nothing of.
    """
    names = sorted({name for name, when, _amount in shop() if when <= START})[:200]
    treated, control = names[::2], names[1::2]
    later = [(name, day(at), 60.0) for name in treated for at in (10, 25, 40)]
    sell(engine, [*(each for each in shop() if each[1] <= START), *later])
    assign("L2", "treated", [*treated, "nobody yet"], probability=0.5)
    assign("L2", "control", control, probability=0.5)

    with ledger.reading() as connection:
        (found,) = measure(engine, connection, SETTINGS, day(60), surrogate_by=told_by(models))
        (unasked,) = measure(engine, connection, SETTINGS, day(60))
    with ledger.writing() as connection:
        record(connection, [found], 1, MORNING)
    with ledger.reading() as connection:
        (kept,) = recorded(connection)

    assert found.surrogate is not None
    assert found.surrogate.low > 0
    assert found.surrogate_people == 200 == found.people_treated + found.people_control - 1
    assert found.surrogate_fitted_on == START
    assert unasked.surrogate is None
    assert replace(found, surrogate=None, surrogate_people=0, surrogate_fitted_on=None) == unasked
    assert (kept.surrogate, kept.surrogate_people) == (found.surrogate, 200)
    assert found.as_json()["surrogate"]["effect"] == found.surrogate.effect


def test_without_any_effect_intervals_hold_nothing_as_often_as_they_say(
    engine: Engine, ledger: Ledger, assign: Callable[..., None], models: FittedModels
) -> None:
    """100 draws of arms among customers whom nobody has written to, each a playbook of its own: 80 % hold 0."""
    sell(engine, shop())
    names = sorted({name for name, when, _amount in shop() if when <= START})
    random, draws = np.random.default_rng(8), 100
    for nth in range(draws):
        arms = random.random(len(names)) < 0.5
        for arm, is_in in (("treated", arms), ("control", ~arms)):
            assign(
                f"P{nth}", arm, [n for n, inside in zip(names, is_in, strict=True) if inside], probability=0.5
            )

    with ledger.reading() as connection:
        found = measure(engine, connection, SETTINGS, day(60), surrogate_by=told_by(models))

    held = [each.surrogate.low <= 0 <= each.surrogate.high for each in found if each.surrogate is not None]
    assert len(held) == draws
    assert abs(sum(held) / draws - 0.8) < 3 * (0.8 * 0.2 / draws) ** 0.5
