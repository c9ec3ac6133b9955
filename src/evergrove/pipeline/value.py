"""The main job: orders in, a valued and tiered customer base out, one station a line."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.core import _
from evergrove.customers import cohorts, daily_repeats, left_truncation, summarise
from evergrove.export import check_replaceable, files_in, replaced
from evergrove.ingest import read_orders
from evergrove.pipeline.beside import read_beside, sort_out, with_beside
from evergrove.pipeline.champions import champions_for
from evergrove.pipeline.learned import check_ml, learn, publish_learned
from evergrove.pipeline.publish import publish_lists, publish_tables
from evergrove.pipeline.readiness_of_files import readiness_of
from evergrove.pipeline.sources import described
from evergrove.pipeline.types import ValueOutcome, nobody_bought
from evergrove.report import Sources, build_figures, write_report
from evergrove.scoring import Extras, model_document, value_customers
from evergrove.segments import decided_by, policy_of, realise
from evergrove.text import translator

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path

    from numpy.typing import NDArray

    from evergrove.core import EvergroveWarning
    from evergrove.customers import CustomerBase, Truncation
    from evergrove.ingest import Intake
    from evergrove.models import Floats
    from evergrove.pipeline.beside import BesideRead
    from evergrove.pipeline.champions import Heard
    from evergrove.pipeline.learned import Learned
    from evergrove.pipeline.types import Announce, ValueRequest
    from evergrove.scoring import Valuation
    from evergrove.scoring.acquisition import Acquisition
    from evergrove.segments import Segments
    from evergrove.settings import Settings
    from evergrove.text import Language
    from evergrove.warehouse import Engine


def value_files(
    engine: Engine,
    request: ValueRequest,
    settings: Settings,
    announce: Announce,
    *,
    also: Mapping[str, Any] | None = None,
) -> ValueOutcome:
    """
    Value every customer of some order files and publish the results in a folder.

    Args:
        engine: Empty; everything between reading and writing stands in it.
        request: What to value and what to write.
        settings: Thresholds and terms.
        announce: Called when a stage begins.
        also: Further parts of summary.json and the page, by name: what was done in a workspace, say.

    Returns:
        The figures of summary.json, and where the results are.

    Raises:
        InputError: Something given cannot be used; nothing was written.
    """
    check_replaceable(request.out)
    if request.learned:
        check_ml()

    announce(_("Reading orders"))
    files, tables = sort_out(request.files, request.tables, request.read)
    request = replace(request, files=files)
    intake = read_orders(engine, request.files, request.read)
    beside = read_beside(engine, tables, request.read, intake, announce)
    settings = replace(settings, value=replace(settings.value, currency=intake.currency))

    announce(_("Summarising customers"))
    base = _summarised(engine, intake, beside, _observation_end(intake, request), settings)

    truncation = left_truncation(engine, base)
    heard = champions_for(request, base)
    extras = _extras(engine, base, truncation.fit_from, request, heard)
    valuation = value_customers(base, settings.value, settings.stages, request.model, extras, announce)

    learned = _learned(engine, base, announce) if request.learned else None

    announce(_("Placing customers in tiers and stages"))
    segments = place_customers(engine, base, valuation.scores.p_active_180d, valuation.cut.cut, settings)

    announce(_("Adding up the figures"))
    sources = _sources(engine, intake, base, truncation, valuation, segments, request, heard, beside)
    figures = build_figures(sources)
    figures["tiers"]["decided_by"] = decided_by(segments.tiering)
    figures["sources"] = described(request, tables)
    figures["beside"], figures["waiting"] = beside.document(), beside.waits(base)
    figures |= {"learned": learned.figures()} if learned else {}
    figures |= also or {}

    language = settings.value.language
    with replaced(request.out) as folder:
        announce(_("Writing tables"))
        publish_tables(engine, folder, intake, valuation, segments, request, translator(language))
        if request.csv:
            announce(_("Writing lists"))
            publish_lists(engine, folder, segments, request, intake.kept, translator(language))
        if learned is not None:
            publish_learned(engine, folder, learned, csv=request.csv)
        _write_json(folder / "model.json", model_document(valuation))
        _publish_figures(figures, folder, language, announce, report=request.report)
    return ValueOutcome(
        figures, request.out, _warnings(intake, truncation, heard, valuation, beside, segments, learned)
    )


def _summarised(
    engine: Engine, intake: Intake, beside: BesideRead, as_of: date, settings: Settings
) -> CustomerBase:
    """Everybody who has bought by a day, with what the tables beside orders tell."""
    base = summarise(engine, as_of, settings.stages, has_amounts=intake.has_amounts)
    if len(base) == 0:
        raise nobody_bought(as_of, intake.first_date)
    return with_beside(engine, base, beside, settings)


def _learned(engine: Engine, base: CustomerBase, announce: Announce) -> Learned:
    announce(_("Learning from earlier windows"))
    return learn(engine, base)


def _publish_figures(
    figures: dict[str, Any], folder: Path, language: Language, announce: Announce, *, report: bool
) -> None:
    """The report, where it is wanted, and summary.json, which names all files."""
    if report:
        announce(_("Writing the report"))
        write_report(figures, folder / "report.html", language)
    figures["files"] = sorted([*files_in(folder), "summary.json"])
    _write_json(folder / "summary.json", figures)


def _warnings(
    intake: Intake,
    truncation: Truncation,
    heard: Heard,
    valuation: Valuation,
    beside: BesideRead,
    segments: Segments,
    learned: Learned | None,
) -> tuple[EvergroveWarning, ...]:
    """Everything that a reader of the numbers should know, in the order in which it arose."""
    early = (truncation.warning,) if truncation.warning else ()
    late = learned.warnings if learned else ()
    return (
        *intake.warnings,
        *beside.warnings,
        *early,
        *heard.warnings,
        *valuation.warnings,
        *segments.warnings,
        *late,
    )


def _observation_end(intake: Intake, request: ValueRequest) -> date:
    end = request.as_of or intake.last_date
    if end is None:
        raise nobody_bought(None, None)
    return end


def _extras(
    engine: Engine, base: CustomerBase, fit_from: date | None, request: ValueRequest, heard: Heard
) -> Extras:
    """What scoring works out beside the scores: nothing of it on the lean path."""
    return Extras(
        back_test=request.report or request.model == "auto",
        intervals=request.intervals,
        seed=request.seed,
        complete_from=fit_from,
        engine=engine,
        champions=heard.champions,
        repeats_by_day=daily_repeats(engine, base) if request.report else None,
    )


def place_customers(
    engine: Engine, base: CustomerBase, p_active: Floats, cut: float, settings: Settings
) -> Segments:
    """
    Put every customer into a tier and a stage.

    Args:
        engine: Holds what ``summarise`` left.
        base: The customers.
        p_active: Chance of another purchase within ``stages.active_days``. Shape (n,).
        cut: Of it, below which a customer counts as churned; NaN where silence decides.
        settings: Thresholds.
    """
    return realise(engine, base, p_active, policy_of(settings), cut=cut)


def _sources(
    engine: Engine,
    intake: Intake,
    base: CustomerBase,
    truncation: Truncation,
    valuation: Valuation,
    segments: Segments,
    request: ValueRequest,
    heard: Heard,
    beside: BesideRead,
) -> Sources:
    """What the figures are made from."""
    total = "select cast(sum(orders) as bigint), sum(historic_value) from customer_summary"
    orders, amount = engine.run(total)[0]
    return Sources(
        intake=intake,
        base=base,
        valuation=valuation,
        segments=segments,
        cohorts=cohorts(engine, base) if request.report else None,
        names_of=lambda rows: _names_of(engine, rows),
        days_of=(lambda row: _days_of(engine, row)) if request.report else None,
        orders=orders,
        net_amount=amount,
        warnings=(*beside.warnings, *((truncation.warning,) if truncation.warning else ()), *heard.warnings),
        acquisition=_acquisition(base, truncation, valuation) if request.report else None,
        back_test_page=heard.page(request.out),
        readiness=readiness_of(intake, base),
    )


def _acquisition(base: CustomerBase, truncation: Truncation, valuation: Valuation) -> Acquisition | None:
    """Whether newer customers are like older ones; None without a model to ask."""
    from evergrove.scoring.acquisition import by_acquisition  # noqa: PLC0415 - the lean path asks nothing of it

    process = valuation.process
    return None if process is None else by_acquisition(base, process, truncation.fit_from)


def _names_of(engine: Engine, rows: NDArray[Any]) -> list[str]:
    """Customer ids of some rows of ``customer_summary``, in the order asked for."""
    engine.register("wanted", {"row": rows.astype(np.int64), "place": np.arange(len(rows))})
    named = engine.run(
        "select cast(customer_id as varchar) from customer_summary c, wanted w where c.rowid = w.row order by place"
    )
    engine.unregister("wanted")
    return [name for (name,) in named]


def _days_of(engine: Engine, row: int) -> NDArray[np.datetime64]:
    """Purchase days of one row of ``customer_summary``, earliest first."""
    days = (
        "select order_date from purchase_days d join customer_summary c on d.customer_id = c.customer_id "
        "where c.rowid = $row order by 1"
    )
    return np.array([day for (day,) in engine.run(days, row=row)], dtype="datetime64[D]")


def _write_json(path: Path, document: dict[str, Any]) -> None:
    path.write_text(json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False), encoding="utf-8")
