"""What a back-test left for scores: read back, and whether it is of this shop and of late."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.core import EvergroveWarning, InputError, _
from evergrove.scoring.lineage import DamagedModel, UnknownFormat
from evergrove.scoring.recalibration import AS_FORECAST, Recalibration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.customers import CustomerBase

KIND = "evergrove.champions"
NEWEST = 1
READ = (1,)
"""Formats that are read: the newest and the one before it."""
WINDOWS = 2
"""For so many windows after a back-test its champions are used: by then two more windows could be judged."""
TOLERANCE = 0.05
"""A part of the customers may have come or gone by corrections since; with another shop it is no part."""


class ChampionsOfLater(InputError):
    """Champions that were chosen by what was not known yet."""

    code = "scoring.champions_of_later"
    message = _("The back-test behind the champions knew orders up to {seen}; scores as of {as_of} may not.")
    hint = _("Look back as of that day: evergrove backtest --as-of {as_of}.")


class ChampionsTooOld(InputError):
    """Champions of long ago."""

    code = "scoring.champions_too_old"
    message = _(
        "The back-test behind the champions is of {seen}, more than {days} {days:day|days} before {as_of}."
    )
    hint = _("Run evergrove backtest again.")


class ChampionsOfAnotherShop(InputError):
    """Champions of other orders."""

    code = "scoring.champions_of_another_shop"
    message = _(
        "The back-test behind the champions saw {then} {then:customer|customers} by {origin}, where these orders have {now}."
    )
    hint = _("Run evergrove backtest on these orders.")


class ChampionsLeftAside(EvergroveWarning):
    """A back-test lies beside the results and cannot be used."""

    code = "scoring.champions_left_aside"
    message = _("The champions in {file} are left aside: {reason}")
    hint = _("Run evergrove backtest again; the model was chosen without it.")


class ChampionNotHeld(EvergroveWarning):
    """A champion cannot be fitted firmly on all data."""

    code = "scoring.champion_not_held"
    message = _(
        "{model}, the champion of the back-test, cannot be pinned down on all data; another model was chosen."
    )
    hint = _("Run evergrove backtest again: it may have another champion by now.")


DECIDING = ("ranking", "totals", "churn")
"""
By what the model of all scores is chosen, in this order: each narrows down those who are as good for the ones before
it, where it can. Dates have a model of their own.
"""


@dataclass(frozen=True, eq=False)
class Champions:
    """
    What scores take over from a back-test.

    Attributes:
        as_of: The last day whose orders it knew.
        origin: Its last origin.
        customers: Known at that origin.
        window_days: Length of its windows.
        as_good: Purpose -> models that are plainly better than the best naive rule and as good as the best of
            these, preferred ones first; none where the rule stays.
        compared: Purpose -> all models that were compared, best first.
        recalibrations: Of each model's money, by name.
        document: As it was read.
    """

    as_of: date
    origin: date
    customers: int
    window_days: int
    as_good: Mapping[str, tuple[str, ...]]
    compared: Mapping[str, tuple[str, ...]]
    recalibrations: Mapping[str, Recalibration]
    document: Mapping[str, Any] = field(repr=False)

    @property
    def deciding(self) -> str:
        """For which purpose all scores are made; "" where the naive rules stay: then ``auto`` decides."""
        return next((purpose for purpose in DECIDING if self.as_good.get(purpose)), "")

    @property
    def able(self) -> tuple[str, ...]:
        """Models for all scores, none of them plainly worse than another by what decides; empty without evidence."""
        names: tuple[str, ...] = ()
        for purpose in DECIDING:
            good = self.as_good.get(purpose, ())
            names = tuple(name for name in names if name in good) or names or good
        return names

    def instead_of(self, chosen: str) -> str:
        """Which model has to take the place of the one that ``auto`` chose; "" where that is as good, or none is."""
        return "" if chosen in self.able else next(iter(self.able), "")

    def for_dates(self, model: str) -> str:
        """Which model foretells the next order's date plainly better than that of all scores; "" for none."""
        names = self.as_good.get("next_date", ())
        return "" if not names or model in names else names[0]

    def runners_up(self) -> tuple[str, ...]:
        """The models compared for the deciding purpose, best first."""
        return self.compared.get(self.deciding, ())

    def recalibration(self, name: str) -> Recalibration:
        """Of a model's money."""
        return self.recalibrations.get(name, AS_FORECAST)

    @property
    def good_for_days(self) -> int:
        """How long they are used."""
        return WINDOWS * self.window_days


def read_champions(stored: Mapping[str, Any]) -> Champions:
    """
    Champions from their document.

    Raises:
        UnknownFormat: Another kind of document, or another version.
        DamagedModel: Something is missing or is not what it should be.
    """
    found, known = stored.get("format"), tuple(f"{KIND}/{n}" for n in READ)
    if found not in known:
        raise UnknownFormat(found=found or "?", known=", ".join(known))
    try:
        live = stored["live"]
        return Champions(
            as_of=date.fromisoformat(stored["as_of"]),
            origin=date.fromisoformat(stored["origins"][-1]),
            customers=int(stored["customers"]),
            window_days=int(stored["window_days"]),
            as_good={each["purpose"]: tuple(each["as_good"]) for each in live["purposes"]},
            compared={
                each["purpose"]: tuple(one["name"] for one in each["losses"]) for each in live["purposes"]
            },
            recalibrations={each["model"]: Recalibration.read(each) for each in live["recalibrations"]},
            document=stored,
        )
    except (KeyError, IndexError, TypeError, ValueError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise DamagedModel(reason=reason) from error


def check_recent(champions: Champions, as_of: date) -> None:
    """
    Refuse champions that know too much, or too little, for a day.

    Raises:
        ChampionsOfLater: They were chosen by orders after it.
        ChampionsTooOld: Two windows have passed since.
    """
    if champions.as_of > as_of:
        raise ChampionsOfLater(seen=champions.as_of, as_of=as_of)
    if (as_of - champions.as_of).days > champions.good_for_days:
        raise ChampionsTooOld(seen=champions.as_of, as_of=as_of, days=champions.good_for_days)


def check_same_shop(champions: Champions, base: CustomerBase) -> None:
    """
    Refuse champions of other orders: these would have known about as many customers by the last origin.

    Raises:
        ChampionsOfAnotherShop: They did not.
    """
    now = int(np.count_nonzero(base.first_order_date <= np.datetime64(champions.origin)))
    if abs(now - champions.customers) > TOLERANCE * max(now, champions.customers) + 1:
        raise ChampionsOfAnotherShop(then=champions.customers, now=now, origin=champions.origin)
