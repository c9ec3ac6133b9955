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
    from evergrove.pipeline.backtest import BacktestOutcome, BacktestRequest, backtest_facts, backtest_files
    from evergrove.pipeline.doctor import examine, glance
    from evergrove.pipeline.doctor_files import surroundings, surroundings_at_a_glance
    from evergrove.pipeline.erasure import Erased, erase_person
    from evergrove.pipeline.explain import Explanation, explain_customer
    from evergrove.pipeline.export import export_table
    from evergrove.pipeline.exposure import exposures
    from evergrove.pipeline.ingest import FileOutcome, IngestOutcome, ingest_files
    from evergrove.pipeline.measure import measure_effects
    from evergrove.pipeline.person import PersonFound, find_person, plain_value
    from evergrove.pipeline.person_export import document_of, export_person
    from evergrove.pipeline.replay import Replay, replay_day
    from evergrove.pipeline.retention import Tidied, tidy
    from evergrove.pipeline.review import review_month
    from evergrove.pipeline.run import run_day
    from evergrove.pipeline.run_outcome import RunOutcome
    from evergrove.pipeline.targets import targets_board
    from evergrove.pipeline.value import value_files

__all__ = [
    "Announce",
    "BacktestOutcome",
    "BacktestRequest",
    "Erased",
    "Explanation",
    "FileOutcome",
    "IngestOutcome",
    "NoEarlierRun",
    "NothingToValue",
    "PersonFound",
    "Replay",
    "RunOutcome",
    "SourceChanged",
    "Tidied",
    "ValueOutcome",
    "ValueRequest",
    "backtest_facts",
    "backtest_files",
    "document_of",
    "erase_person",
    "examine",
    "explain_customer",
    "export_person",
    "export_table",
    "exposures",
    "find_person",
    "glance",
    "ingest_files",
    "measure_effects",
    "plain_value",
    "replay_day",
    "review_month",
    "run_day",
    "surroundings",
    "surroundings_at_a_glance",
    "targets_board",
    "tidy",
    "value_files",
]

__getattr__ = loader(
    globals(),
    dict.fromkeys(
        ("BacktestOutcome", "BacktestRequest", "backtest_facts", "backtest_files"),
        "evergrove.pipeline.backtest",
    )
    | {
        "Erased": "evergrove.pipeline.erasure",
        "erase_person": "evergrove.pipeline.erasure",
        "examine": "evergrove.pipeline.doctor",
        "glance": "evergrove.pipeline.doctor",
        "surroundings": "evergrove.pipeline.doctor_files",
        "surroundings_at_a_glance": "evergrove.pipeline.doctor_files",
        "Explanation": "evergrove.pipeline.explain",
        "explain_customer": "evergrove.pipeline.explain",
        "document_of": "evergrove.pipeline.person_export",
        "export_person": "evergrove.pipeline.person_export",
        "export_table": "evergrove.pipeline.export",
        "exposures": "evergrove.pipeline.exposure",
        "PersonFound": "evergrove.pipeline.person",
        "find_person": "evergrove.pipeline.person",
        "plain_value": "evergrove.pipeline.person",
        "FileOutcome": "evergrove.pipeline.ingest",
        "IngestOutcome": "evergrove.pipeline.ingest",
        "ingest_files": "evergrove.pipeline.ingest",
        "measure_effects": "evergrove.pipeline.measure",
        "Replay": "evergrove.pipeline.replay",
        "replay_day": "evergrove.pipeline.replay",
        "review_month": "evergrove.pipeline.review",
        "RunOutcome": "evergrove.pipeline.run_outcome",
        "run_day": "evergrove.pipeline.run",
        "targets_board": "evergrove.pipeline.targets",
        "Tidied": "evergrove.pipeline.retention",
        "tidy": "evergrove.pipeline.retention",
        "value_files": "evergrove.pipeline.value",
    },
)
