"""The main job, one station a line."""

from evergrove.pipeline.types import (
    Announce,
    NoEarlierRun,
    NothingToValue,
    SourceChanged,
    ValueOutcome,
    ValueRequest,
)

__all__ = ["Announce", "NoEarlierRun", "NothingToValue", "SourceChanged", "ValueOutcome", "ValueRequest"]
