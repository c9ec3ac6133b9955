"""``GET /v1/customer-lineage``: what customers' figures mean and rest on, with parameters, formulas in words, and SQL."""

from __future__ import annotations

from datetime import date

from fastapi import Response
from pydantic import Field

from evergrove.api.values import said, worded
from evergrove.http import Answer, Call, Moment, Routes, ThisCall
from evergrove.http.published import of_snapshot
from evergrove.reading.lineage import OF_SUMMARY, SUMMED, Fitted, lineage_behind
from evergrove.reading.overview import lineage_of
from evergrove.report.definitions import DEFINITIONS
from evergrove.report.words import FIGURE_OF, HOW, MODELS

routes = Routes(tag="customers")


class FittedModel(Answer):
    """A model as it was fitted."""

    key: str = Field(examples=["mbg-nbd"])
    name: str = Field(examples=["MBG/NBD"])
    parameters: dict[str, float] = Field(examples=[{"r": 0.24, "alpha": 4.41}])
    customers: int | None = Field(description="Whose histories it was fitted to.")


class FigureRead(Answer):
    """How one figure comes about."""

    key: str = Field(examples=["clv_12m"])
    name: str = Field(examples=["Value of the next 12 months"])
    meaning: str | None = Field(description="For people who never heard of it.")
    origin: str | None = Field(description="The formula in words, with the parameters of this run.")
    sql: str | None = Field(description="Which of the statements makes it; null: a model does.")


class Behind(Answer):
    """What the figures of the newest run's customers rest on."""

    as_of: date
    snapshot: int
    run: int
    published_at: Moment
    newest_import: int = Field(description="Number of the newest import that the run knew.")
    first_date: date | None = Field(description="The first day of an order.")
    fitted_until: date = Field(description="The last day whose orders the models were fitted to.")
    fitted_at: Moment | None
    purchases: FittedModel | None = Field(description="How often, and how long still.")
    spend: FittedModel | None = Field(description="How much.")
    why: str = Field(description="Why this model.")
    unit: str = Field(description="Of time of the parameters.", examples=["week"])
    annual_discount_rate: float
    margin: float
    code_version: str
    seed: int
    figures: list[FigureRead]
    sql: dict[str, str] = Field(description="Statements by name, in the order in which they are run.")


@routes.get("/customer-lineage", right="customers.read")
def lineage(call: ThisCall, response: Response) -> Behind:
    """Where customers' figures come from: data window, models, parameters, formulas in words, and the SQL itself."""
    with call.service.reader.pinned(may_lag=True) as view:
        found = lineage_behind(view)
        with call.here.ledger.reading() as connection:
            run = lineage_of(connection, view.run)
        of_snapshot(response, view.run.id, personal=False)
        facts = [_figure(call, name, None, SUMMED) for name in OF_SUMMARY if name in DEFINITIONS]
        estimates = [_figure(call, name, said(each, call), None) for name, each in found.origins.items()]
        return Behind(
            as_of=view.as_of,
            snapshot=view.run.id,
            **{name: run[name] for name in ("run", "published_at", "newest_import", "fitted_at")},
            first_date=found.first_date,
            fitted_until=found.fitted_until,
            purchases=_model(call, found.purchases),
            spend=_model(call, found.spend),
            why=worded(HOW.get(found.how, HOW["average_rate"]), call),
            unit=found.unit,
            annual_discount_rate=found.discount_rate,
            margin=found.margin,
            code_version=found.code_version,
            seed=found.seed,
            figures=[*facts, *estimates],
            sql=dict(found.queries),
        )


def _model(call: Call, fitted: Fitted | None) -> FittedModel | None:
    if fitted is None:
        return None
    name = worded(MODELS.get(fitted.name, fitted.name), call)
    return FittedModel(
        key=fitted.name, name=name, parameters=dict(fitted.parameters), customers=fitted.customers
    )


def _figure(call: Call, name: str, origin: str | None, sql: str | None) -> FigureRead:
    about = DEFINITIONS.get(FIGURE_OF.get(name, name))
    return FigureRead(
        key=name,
        name=worded(about.name, call) if about else name,
        meaning=worded(about.text, call) if about else None,
        origin=origin,
        sql=sql,
    )
