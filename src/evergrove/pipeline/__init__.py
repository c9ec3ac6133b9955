"""The main job, one station a line."""

from evergrove.pipeline.demo import DemoOutcome, run_demo
from evergrove.pipeline.explain import Explanation, explain_customer
from evergrove.pipeline.types import (
    Announce,
    NoEarlierRun,
    NothingToValue,
    SourceChanged,
    ValueOutcome,
    ValueRequest,
)
from evergrove.pipeline.value import value_files

__all__ = [
    "Announce",
    "DemoOutcome",
    "Explanation",
    "NoEarlierRun",
    "NothingToValue",
    "SourceChanged",
    "ValueOutcome",
    "ValueRequest",
    "explain_customer",
    "run_demo",
    "value_files",
]
