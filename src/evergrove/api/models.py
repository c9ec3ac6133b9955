"""``/v1/models``: what figures of the future rest on, in words first and to the last digit below."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Path
from pydantic import Field

from evergrove.api.values import plain
from evergrove.http import Answer, Moment, Routes, ThisCall
from evergrove.reading.models import models_of
from evergrove.report.model_words import portrait_words, spend_words
from evergrove.report.words import HOW, MODELS, known, spoken
from evergrove.text import Formats

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.http import Call
    from evergrove.reading.models import ModelsFound

routes = Routes(tag="models")

LETTERS = ("r", "alpha", "s", "beta", "a", "b", "k", "p", "q", "gamma")


class Parameter(Answer):
    """One parameter of a model."""

    name: str = Field(description="As the literature writes it.", examples=["alpha"])
    value: float
    standard_error: float | None


class Model(Answer):
    """A fitted model."""

    name: str = Field(examples=["pareto-nbd"])
    title: str = Field(examples=["Pareto/NBD"])
    parameters: list[Parameter]
    customers: int = Field(description="That it was fitted on.")
    log_likelihood: float


class Candidate(Answer):
    """A model that could have been chosen."""

    name: str
    title: str
    log_score: float | None = Field(description="Of the part kept back; higher is better.")
    behind: float | None = Field(description="How far the log score lies behind the best that may be chosen.")
    standard_error: float | None
    eligible: bool = Field(description="Whether it may be chosen; others stand for comparison.")
    failed: bool


class Words(Answer):
    """What parameters say of the shop."""

    sentence: str = Field(
        examples=["Half of all new customers have left after 175 days; after a year 36% are still there."]
    )
    parameters: str = Field(description="That it follows from.", examples=["s, beta"])


class Note(Answer):
    """What a reader of the forecasts should know."""

    code: str
    sentence: str


class Models(Answer):
    """The models that a run scored with."""

    snapshot: int = Field(description="Of the run.")
    as_of: date
    models: int = Field(description="Number of their document; runs between two fits share it.")
    fitted_at: Moment | None
    fitted_until: date = Field(description="The last day whose orders the fit saw.")
    model: str = Field(description="Empty where none could be fitted.", examples=["pareto-nbd"])
    title: str = Field(examples=["Pareto/NBD"])
    how: str = Field(description="Why it was taken.", examples=["back_test"])
    why: str = Field(description="The same as a sentence.")
    unit: str = Field(description="Of time, of the parameters.", examples=["week"])
    currency: str
    basis: str
    purchases: Model | None
    spend: Model | None
    runner_up: Model | None
    candidates: list[Candidate]
    in_words: list[Words]
    portrait: dict[str, Any] | None = Field(
        description="The numbers behind these words: mean gaps in days by quarter of the customers, shares still there."
    )
    tracking: dict[str, Any] | None = Field(
        description="Repeat purchases by week, expected and actual, as in summary.json; null where that is not known."
    )
    back_test: dict[str, Any] | None = Field(description="On the part kept back, beside two rules of thumb.")
    alive_grid: dict[str, Any] | None
    frequency_recency: dict[str, Any] | None
    limits: list[dict[str, Any]] = Field(description="What cannot be given, and why.")
    champions: dict[str, Any] | None = Field(description="Of the rolling back-test that was heard.")
    interval: dict[str, Any] | None = Field(description="How intervals were widened by what past ones held.")
    notes: list[Note]


@routes.get("/models", right="figures.read")
def models(call: ThisCall) -> Models:
    """Of the newest run."""
    return _told(call, call.service.reader.newest().id)


@routes.get("/runs/{snapshot:int}/models", right="figures.read")
def models_of_run(
    call: ThisCall,
    snapshot: Annotated[int, Path(ge=1, le=2**53, description="Number of the run's snapshot.")],
) -> Models:
    """Of one run."""
    return _told(call, snapshot)


def _told(call: Call, snapshot: int) -> Models:
    with call.here.ledger.reading() as connection:
        found = models_of(connection, snapshot)
    stored, judged, line = found.model, found.judged, found.run.line
    formats = Formats(call.language, stored["terms"]["currency"])
    choice = stored["choice"]
    sections = ("tracking", "back_test", "alive_grid", "frequency_recency")
    return Models(
        snapshot=line.id,
        as_of=line.as_of,
        models=line.model_run,
        fitted_at=found.run.fitted_at,
        fitted_until=stored["data"]["observation_end"],
        model=choice["name"],
        title=_title(choice["name"], formats),
        how=choice["how"],
        why=known(HOW, choice["how"], formats),
        unit=stored["unit"],
        currency=stored["terms"]["currency"],
        basis=stored["terms"]["basis"],
        purchases=_model(stored["model"], formats),
        spend=_model(stored["spend"], formats),
        runner_up=_model(stored.get("runner_up"), formats),
        candidates=[_candidate(each, formats) for each in choice["candidates"]],
        in_words=_in_words(found, formats),
        portrait=None if found.portrait is None else plain(asdict(found.portrait)),
        **{name: judged.get(name) for name in sections},
        limits=judged.get("limits", []),
        champions=None if found.champions is None else plain(dict(found.champions)),
        interval=stored.get("calibration"),
        notes=[
            Note(code=each["code"], sentence=spoken(each, formats)) for each in judged.get("warnings", [])
        ],
    )


def _title(name: str, formats: Formats) -> str:
    return known(MODELS, name, formats) if name else ""


def _model(stored: Mapping[str, Any] | None, formats: Formats) -> Model | None:
    if stored is None:
        return None
    errors = stored["standard_errors"]
    parameters = [
        Parameter(name=name, value=stored["parameters"][name], standard_error=errors.get(name))
        for name in sorted(stored["parameters"], key=_place)
    ]
    return Model(
        name=stored["name"],
        title=_title(stored["name"], formats),
        parameters=parameters,
        customers=stored["customers"],
        log_likelihood=stored["log_likelihood"],
    )


def _place(letter: str) -> int:
    """JSON objects have no order, and the literature has one."""
    return LETTERS.index(letter) if letter in LETTERS else len(LETTERS)


def _candidate(stored: Mapping[str, Any], formats: Formats) -> Candidate:
    names = ("name", "log_score", "behind", "standard_error", "eligible")
    told = {name: stored[name] for name in names}
    return Candidate(**told, title=_title(stored["name"], formats), failed=stored["failure"] is not None)


def _in_words(found: ModelsFound, formats: Formats) -> list[Words]:
    spend = (found.model["spend"] or {}).get("parameters", {})
    said = [] if found.portrait is None else portrait_words(found.portrait, formats)
    said += spend_words(found.mean_spend, spend.get("p"), formats)
    return [Words(sentence=each.sentence, parameters=each.letters) for each in said]
