"""What needs no workspace: files in, a folder of results out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evergrove import pipeline
from evergrove.warehouse import memory_for, open_engine

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from evergrove.pipeline import (
        Announce,
        BacktestOutcome,
        BacktestRequest,
        Explanation,
        ValueOutcome,
        ValueRequest,
    )
    from evergrove.settings import Settings


def silent(_stage: str) -> None:
    """Announce nothing."""


@dataclass(frozen=True)
class Evergrove:
    """
    What the faces call.

    Attributes:
        settings: All settings of the run.
        today: The clock's day; orders dated later are refused.
    """

    settings: Settings
    today: date

    def value(self, request: ValueRequest, announce: Announce = silent) -> ValueOutcome:
        """Value every customer of some order files and publish the results in a folder."""
        with open_engine(memory_mb=memory_for(request.files)) as engine:
            return pipeline.value_files(engine, request, self.settings, announce)

    def backtest(self, request: BacktestRequest, announce: Announce = silent) -> BacktestOutcome:
        """Judge models and naive rules by the past of some order files."""
        with open_engine(memory_mb=memory_for(request.files)) as engine:
            return pipeline.backtest_files(engine, request, self.settings, announce)

    def explain(self, customer_id: str, folder: Path) -> Explanation:
        """Show how one customer's numbers came about, from the orders of an earlier run's files."""
        with open_engine() as engine:
            return pipeline.explain_customer(engine, customer_id, folder, self.settings)
