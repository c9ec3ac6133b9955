"""What the report reads: everything that the stations before it published."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from decimal import Decimal

    from evergrove.core import EvergroveWarning
    from evergrove.customers import CustomerBase
    from evergrove.customers.cohorts import CohortTable
    from evergrove.ingest import Intake
    from evergrove.models.process import TransactionModel
    from evergrove.models.types import Fit
    from evergrove.scoring.acquisition import Acquisition
    from evergrove.scoring.champions import Champions
    from evergrove.scoring.checklist import Check
    from evergrove.scoring.types import Choice, Readiness, Scores, Totals, Valuation
    from evergrove.segments.types import Segments

Figures = dict[str, Any]
"""Figures as JSON holds them: the content of summary.json, or a section of it."""

NamesOf = Callable[[NDArray[Any]], Sequence[str]]
"""The customer ids of some rows of ``customer_summary``."""
DaysOf = Callable[[int], NDArray[np.datetime64]]
"""The purchase days of one row of ``customer_summary``, earliest first."""


class Foretold(Protocol):
    """What is foretold of customers: a ``Valuation``, or a night's scores."""

    @property
    def scores(self) -> Scores:
        """Of every customer."""
        ...

    @property
    def totals(self) -> Totals:
        """Of all."""
        ...

    @property
    def readiness(self) -> Readiness:
        """What the data can carry."""
        ...


class Placed(Protocol):
    """Where customers stand: ``Segments``, or a night's ``States``; arrays of shape (n,)."""

    @property
    def tier(self) -> NDArray[Any]:
        """``Tier`` codes."""
        ...

    @property
    def stage(self) -> NDArray[Any]:
        """``Stage`` codes."""
        ...

    @property
    def action(self) -> NDArray[Any]:
        """``Action`` codes."""
        ...


class Fitted(Protocol):
    """What was fitted: a ``Valuation``."""

    @property
    def process(self) -> Fit[TransactionModel] | None:
        """The transaction model; None where none could be fitted."""
        ...


class Chosen(Protocol):
    """Which models were taken: a ``Valuation``, or the ``Fits`` of kept models."""

    @property
    def choice(self) -> Choice:
        """Which, and why."""
        ...

    @property
    def dates(self) -> Fit[TransactionModel] | None:
        """Of the model that says dates, where it is another."""
        ...

    @property
    def champions(self) -> Champions | None:
        """Of the rolling back-test that was heard."""
        ...


class Seen(Protocol):
    """A model and the customers that it describes: ``Sources``, or a night's."""

    @property
    def valuation(self) -> Fitted:
        """The model."""
        ...

    @property
    def base(self) -> CustomerBase:
        """The customers."""
        ...


@dataclass(frozen=True, eq=False)
class Sources:
    """
    The stations' outputs, aligned with the rows of ``customer_summary``.

    Attributes:
        intake: The account of reading.
        base: One row per customer.
        valuation: Scores, totals, models and their judgement.
        segments: Tiers, stages, actions, RFM.
        cohorts: Customers by month of their first order; None where not asked for.
        names_of: Customer ids by row.
        days_of: Purchase days of a row; None where no history is asked for.
        orders: Paid orders by the end of observation.
        net_amount: What was paid for them less refunds, exact; None without amounts.
        warnings: What else a reader should know, from between the stations (left truncation, say).
        back_test_page: Where the page of the back-test lies whose champions were heard; "" without one.
        readiness: What forecasts want of the data; empty where nobody asked.
        acquisition: Models by month of the first order; None where not asked for, or without a model.
    """

    intake: Intake
    base: CustomerBase
    valuation: Valuation
    segments: Segments
    cohorts: CohortTable | None
    names_of: NamesOf
    orders: int
    net_amount: Decimal | None
    warnings: tuple[EvergroveWarning, ...] = ()
    acquisition: Acquisition | None = None
    back_test_page: str = ""
    readiness: tuple[Check, ...] = ()
    days_of: DaysOf | None = None
