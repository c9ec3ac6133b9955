"""Who is to be used for what, by what evidence; and everything that a back-test found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import date

    from evergrove.core import EvergroveWarning, Sentence, Unit
    from evergrove.scoring.rolling.live import Live
    from evergrove.scoring.rolling.types import PurposeKey, Record, SeasonalFactor


@dataclass(frozen=True)
class Gain:
    """
    How much lower one contender's loss is than another's over some origins.

    Attributes:
        mean: Of the differences.
        standard_error: The larger of what the origins' spread and what the customers' sampling say.
        origins: How many.
    """

    mean: float
    standard_error: float
    origins: int

    @property
    def is_plain(self) -> bool:
        """More than one standard error above 0."""
        return self.mean > 0 and self.mean > self.standard_error


@dataclass(frozen=True)
class Standing:
    """One contender for one purpose: its name and its mean loss over the origins compared."""

    name: str
    loss: float


@dataclass(frozen=True)
class Followed:
    """What the rule would have taken at an origin from earlier ones, and what came of it."""

    origin: date
    name: str
    loss: float
    naive: str
    naive_loss: float


@dataclass(frozen=True)
class Stack:
    """
    A convex combination of two contenders, fitted on earlier origins and judged on later ones.

    Attributes:
        parts: The two names; the first has ``weight``.
        weight: In [0, 1], fitted on all origins.
        loss: Its mean loss on later origins, each time fitted on the earlier ones.
        rivals: Its parts, the choice without it and the best naive rule, on the same later origins.
        gain: Over the hardest of these rivals.
        accepted: It beat every one of them by more than one standard error.
        origins: The later origins.
    """

    parts: tuple[str, str]
    weight: float
    loss: float
    rivals: tuple[Standing, ...]
    gain: Gain
    accepted: bool
    origins: tuple[date, ...]


@dataclass(frozen=True)
class Champion:
    """
    Who is to be used for a purpose, and by what evidence.

    Losses are 1 - Gini for "ranking", abs(log(forecast / actual)) for "totals", days for "next_date" and log
    loss for "churn": lower is better in all.

    Attributes:
        purpose: What for.
        name: The champion: a contender, or "stack".
        loss: Its mean loss over ``origins``.
        naive: The best naive rule over the same; None where none says anything.
        gain: Of the challenger over the naive rule; None without either.
        challenger: Of those whose gain over the naive rule is plain and who are no plainly worse than the best
            of these, the first in order of preference; the best of all where nobody's gain is plain. None
            where all are naive.
        replaced: The challenger's gain is plain, so it replaced the naive rule.
        runner_up: The next best; None without one.
        standings: Everybody who was compared, best first, over all origins compared.
        origins: At which they were compared; with a stack the later ones of them.
        followed: The rule applied at each origin but the first, to the origins before it.
        stack: What stacking gave; None where there were too few origins or contenders.
    """

    purpose: PurposeKey
    name: str
    loss: float
    naive: Standing | None
    gain: Gain | None
    challenger: Standing | None
    replaced: bool
    runner_up: Standing | None
    standings: tuple[Standing, ...]
    origins: tuple[date, ...]
    followed: tuple[Followed, ...] = ()
    stack: Stack | None = None


@dataclass(frozen=True)
class OriginFacts:
    """What was known at an origin, and what came after it: customers, fitted ones, purchase days, net amount."""

    origin: date
    until: date
    customers: int
    fitted: int
    returned: int
    purchases: float
    spend: float | None


@dataclass(frozen=True)
class RollingBackTest:
    """
    What all contenders would have said at several origins, beside what then happened.

    Attributes:
        as_of: The last day whose orders count.
        first_date: The first order day.
        unit: The models' unit of time.
        window_days: Length of every window.
        currency: Of amounts; "" if not declared.
        amounts: Whether there are any.
        every: Every so-many-th customer was looked at; 1 is all.
        origins: Earliest first.
        records: One per contender: naive rules first, then models, then those given.
        seasons: The seasonal factors, per model and origin.
        champions: Per purpose; a purpose that nobody serves is absent.
        verdict: In one sentence.
        warnings: What a reader should know.
        seed: Of all draws.
        live: What scores take over; it has a document of its own.
    """

    as_of: date
    first_date: date
    unit: Unit
    window_days: int
    currency: str
    amounts: bool
    every: int
    origins: tuple[OriginFacts, ...]
    records: tuple[Record, ...]
    seasons: tuple[SeasonalFactor, ...]
    champions: tuple[Champion, ...]
    verdict: Sentence
    warnings: tuple[EvergroveWarning, ...] = field(default=())
    seed: int = 1
    live: Live | None = None

    def __str__(self) -> str:
        return str(self.verdict)

    @property
    def table(self) -> Any:
        """One row per contender and origin ("all" takes them together), as an Arrow table."""
        import pyarrow as pa  # noqa: PLC0415 -- a notebook asks for it, the command line does not

        from evergrove.scoring.rolling.document import measure_rows  # noqa: PLC0415 -- it reads this module

        return pa.Table.from_pylist(measure_rows(self))

    def as_dict(self) -> dict[str, Any]:
        """Everything as JSON knows it, sentences in English."""
        from evergrove.scoring.rolling.document import document  # noqa: PLC0415 -- it reads this module

        return document(self)
