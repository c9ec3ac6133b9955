"""What the main job is asked and what it answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from evergrove.core import InputError, _

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from evergrove.core import EvergroveWarning
    from evergrove.ingest import ReadOptions

Announce = Callable[[str], None]
"""Called with a sentence when a stage begins."""


class NoOrdersYet(InputError):
    """A run in a workspace without orders."""

    code = "pipeline.no_orders_yet"
    message = _("There are no orders in this workspace yet.")
    hint = _("Bring some in first: evergrove ingest FILE.")


class ChampionsBesideModel(InputError):
    """A model was named, and champions that would choose one."""

    code = "pipeline.champions_beside_model"
    message = _("--champions and --model {model} contradict each other: both say which model speaks.")
    hint = _(
        "Leave out --model, and the champions choose; leave out --champions, and the model you named speaks."
    )


@dataclass(frozen=True)
class ValueRequest:
    """
    What to value and what to write.

    Attributes:
        files: Order files; several may hold other tables too, told by their headers.
        out: Folder for the results, replaced whole.
        read: How to read the files.
        as_of: Observation end; None takes the last order day.
        model: auto, or the name of a model.
        report: Whether to write report.html.
        csv: Whether to write customers.csv and lists/.
        workbooks: Whether to write customers.xlsx and workbooks of the lists.
        intervals: Whether to compute intervals.
        seed: Of all draws.
        tables: Files of tables beside orders (or orders themselves) that the user names, with the table of each.
        champions: Folder or file of a back-test whose champions are heard; None: those beside ``out``, if any.
        learned: Whether learned models speak beside the scores; takes the extra ``ml``.
    """

    files: tuple[Path, ...]
    out: Path
    read: ReadOptions
    as_of: date | None = None
    model: str = "auto"
    report: bool = True
    csv: bool = True
    workbooks: bool = True
    intervals: bool = True
    seed: int = 1
    champions: Path | None = None
    tables: tuple[tuple[str, Path], ...] = ()
    learned: bool = False

    def __post_init__(self) -> None:
        """Refuse champions beside a model, before anything is read."""
        if self.champions is not None and self.model != "auto":
            raise ChampionsBesideModel(model=self.model)


@dataclass(frozen=True)
class ValueOutcome:
    """
    What the main job found and wrote.

    Attributes:
        figures: The content of summary.json.
        out: The folder that holds the results.
        warnings: What a reader of the numbers should know.
    """

    figures: dict[str, Any]
    out: Path
    warnings: tuple[EvergroveWarning, ...] = field(default=())


class NoEarlierRun(InputError):
    """A folder of results was expected and is not there."""

    code = "pipeline.no_earlier_run"
    message = _("{folder} holds no results of an earlier run.")
    hint = _("Run `evergrove value FILE` first, or name its folder with --out.")


class SourceChanged(InputError):
    """The files behind earlier results are gone or have changed."""

    code = "pipeline.source_changed"
    message = _("{file} is not the file that the results in {folder} were made from.")
    hint = _("Put it back, or run `evergrove value` again.")


class NothingLeft(InputError):
    """There are orders, and none of them counts as a purchase in the end."""

    code = "pipeline.nothing_left"
    message = _(
        "No purchase is left to value: every order until then was cancelled, never paid or refunded wholly."
    )
    hint = _("If that cannot be, a column was taken for another: say with --map which is which.")


class NothingToValue(InputError):
    """No customer has a purchase by the end of observation."""

    code = "pipeline.nothing_to_value"
    message = _("No paid order lies on or before {as_of}; the first is dated {first}.")
    hint = _("Choose a later day with --as-of.")


def nobody_bought(as_of: date | None, first: date | None) -> InputError:
    """
    Why there is nobody to value.

    Args:
        as_of: The last day whose orders count; None: no order counts on any day.
        first: The day of the first paid order; None without one.
    """
    if as_of is not None and first is not None and first > as_of:
        return NothingToValue(as_of=as_of, first=first)
    return NothingLeft()
