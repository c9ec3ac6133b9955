"""All that is drawn of a living shop before its first day: who comes, how they answer, what they buy anyway."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from evergrove.simulation.coming import Coming, coming_orders, in_order, together
from evergrove.simulation.contacts import Contacts, draw_contacts
from evergrove.simulation.lives import DAYS_A_YEAR, GROWTH, Lives, draw_lives, draw_people, purchase_days
from evergrove.simulation.purchases import draw_purchases
from evergrove.simulation.response import Traits, draw_traits
from evergrove.simulation.shop import STREAMS, Drawn, draw_shop
from evergrove.simulation.types import People

if TYPE_CHECKING:
    from evergrove.models.types import Floats
    from evergrove.simulation.types import ShopOptions

OWN_STREAMS = 7  # of random numbers, behind those of the shop
NEVER = -1


@dataclass(frozen=True, eq=False)
class Cast:
    """
    A living shop before its first day.

    Attributes:
        drawn: The shop as far as its history knows it, and its customers' purchases after that.
        people: Buyers, those who never paid, and behind them those who come after the history. Shape (n,).
        lives: Of all of them; who never paid has never lived.
        traits: How they answer, shape (n,) each; who never paid never does.
        contacts: How they may be written to, shape (n,) each.
        coming: The orders that come anyway after the history, ascending by customer, then day.
    """

    drawn: Drawn
    people: People
    lives: Lives
    traits: Traits
    contacts: Contacts
    coming: Coming


def draw_cast(options: ShopOptions, days: int) -> Cast:
    """
    Draw a living shop.

    Its history is that of ``simulate_shop`` with the same options, and so are the later purchases of the
    customers whom the history knows. New customers go on arriving, at the pace that the history ends with.

    Args:
        options: Of the shop.
        days: After the history.
    """
    seeds = np.random.SeedSequence(options.seed).spawn(STREAMS + OWN_STREAMS)[STREAMS:]
    of_people, of_lives, of_days, of_purchases, of_traits, of_contacts, of_orders = map(
        np.random.default_rng, seeds
    )
    drawn = draw_shop(options)
    arrivals = of_people.poisson(_expected_arrivals(options, drawn.season, days))
    newcomers = draw_people(arrivals, of_people)
    later = draw_lives(newcomers.channel, drawn.season[options.days : options.days + days], of_lives)
    later = replace(later, first_day=later.first_day + options.days)
    bought = draw_purchases(*purchase_days(later, drawn.season, of_days), later.mean_spend, of_purchases)
    people = _with_newcomers(drawn.people, newcomers)
    buyers, known = len(drawn.lives), len(drawn.people)
    traits = draw_traits(people.channel, of_traits)
    traits.contact[buyers:known] = 0.0
    traits.annoyed[buyers:known] = False
    return Cast(
        drawn=drawn,
        people=people,
        lives=_together(drawn.lives, _strangers(known - buyers), later),
        traits=traits,
        contacts=draw_contacts(people, of_contacts),
        coming=in_order(
            together(
                coming_orders(drawn.bought, np.arange(buyers), options.days, of_orders),
                coming_orders(bought, known + np.arange(arrivals), options.days, of_orders),
            )
        ),
    )


def _with_newcomers(known: People, newcomers: People) -> People:
    return People(
        channel=np.concatenate([known.channel, newcomers.channel]),
        name=np.concatenate([known.name, newcomers.name]),
    )


def _expected_arrivals(options: ShopOptions, season: Floats, days: int) -> float:
    """First orders to be expected after the history, by the pace of those in it."""
    pace = season * (1 + GROWTH * np.arange(len(season)) / DAYS_A_YEAR)
    end = options.days
    return float(options.customers * pace[end : end + days].sum() / pace[:end].sum())


def _strangers(number: int) -> Lives:
    """Lives of those who never paid: over before they began."""
    nothing = np.zeros(number)
    never = np.full(number, NEVER, dtype=np.int64)
    return Lives(first_day=never, days=never, rate=nothing, dropout=nothing + 1, mean_spend=nothing)


def _together(*parts: Lives) -> Lives:
    return Lives(**{name: np.concatenate([vars(part)[name] for part in parts]) for name in vars(parts[0])})
