"""The verbs of the product, one station a line; a command loads only the stations of its own verb."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.core.lazy import loader
from evergrove.pipeline.types import (
    Announce,
    NoEarlierRun,
    NothingToValue,
    SourceChanged,
    ValueOutcome,
    ValueRequest,
)

if TYPE_CHECKING:
    from evergrove.pipeline.demo import DemoOutcome, run_demo
    from evergrove.pipeline.explain import Explanation, explain_customer
    from evergrove.pipeline.ingest import FileOutcome, IngestOutcome, ingest_files
    from evergrove.pipeline.value import value_files

__all__ = [
    "Announce",
    "DemoOutcome",
    "Explanation",
    "FileOutcome",
    "IngestOutcome",
    "NoEarlierRun",
    "NothingToValue",
    "SourceChanged",
    "ValueOutcome",
    "ValueRequest",
    "explain_customer",
    "ingest_files",
    "run_demo",
    "value_files",
]

__getattr__ = loader(
    globals(),
    {
        "DemoOutcome": "evergrove.pipeline.demo",
        "Explanation": "evergrove.pipeline.explain",
        "FileOutcome": "evergrove.pipeline.ingest",
        "IngestOutcome": "evergrove.pipeline.ingest",
        "explain_customer": "evergrove.pipeline.explain",
        "ingest_files": "evergrove.pipeline.ingest",
        "run_demo": "evergrove.pipeline.demo",
        "value_files": "evergrove.pipeline.value",
    },
)
