"""What learned models say beside the scores: value over several horizons, and of new customers early on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.core import EvergroveWarning, InputError, Sentence, Term, _
from evergrove.export import CUSTOMER_COLUMNS, Column, write_csv, write_parquet

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.customers import CustomerBase
    from evergrove.report import Figures
    from evergrove.scoring.learned import EarlyValue, LearnedValues
    from evergrove.warehouse import Engine

HORIZONS, EARLY = "learned", "early_value"
"""Names of the files, without their endings."""
SCHEMAS = {HORIZONS: "evergrove.learned/1", EARLY: "evergrove.early_value/1"}
OF_HORIZONS = {
    "spend": _("Net amount expected from the end of observation on, in so many months; not discounted."),
    "purchases": _("Purchase days expected in these months."),
    "chance": _("Chance of a purchase in these months."),
}
OF_EARLY = {
    "so_far": _("Net amount of the first order and the thirty days after it."),
    "to_come": _("Net amount expected from then to the end of the horizon."),
    "chance": _("Chance of a purchase in that time."),
}
_OF_CUSTOMERS = {column.name: column for column in CUSTOMER_COLUMNS}
ID = replace(_OF_CUSTOMERS["customer_id"], sql="customer_id")
FIRST_DAY = "date '1970-01-01' + cast(first_order_date as integer)"
FIRST = replace(_OF_CUSTOMERS["first_order_date"], sql=FIRST_DAY)


class NotLearned(EvergroveWarning):
    """A learned forecast was asked for and the data do not suffice for it."""

    code = "pipeline.not_learned"
    message = _("{what} cannot be learned: {reason}")
    hint = _("Everything else stands as it is; a longer history or more customers would tell.")


@dataclass(frozen=True, eq=False)
class Learned:
    """
    What was learned; None where the data do not suffice, for which there is a warning.

    Attributes:
        values: Value over several horizons.
        early: Value of new customers.
        warnings: What a reader should know.
    """

    values: LearnedValues | None
    early: EarlyValue | None
    warnings: tuple[EvergroveWarning, ...]

    def figures(self) -> Figures:
        """For summary.json."""
        return {"horizons": _horizon_figures(self.values), "early": _early_figures(self.early)}


def learn(engine: Engine, base: CustomerBase) -> Learned:
    """
    Learn from the past of a base what it will bring.

    Args:
        engine: Holds its orders.
        base: The customers.

    Raises:
        NeedsMl: scikit-learn is not installed.
    """
    from evergrove.scoring.learned import learn_early_value, learn_values  # noqa: PLC0415 - needs the extra

    check_ml()
    warnings: list[EvergroveWarning] = []

    def tried(what: str, told: Any) -> Any:
        try:
            return told(base, engine)
        except InputError as error:
            reason = Sentence(error.code, error.message, error.params)
            warnings.append(NotLearned(what=Term(what), reason=reason))
            return None

    values = tried(_("Value over several horizons"), learn_values)
    early = tried(_("The value of new customers"), learn_early_value)
    return Learned(values, early, tuple(warnings))


def check_ml() -> None:
    """
    Refuse where the extra is missing, before any work is done.

    Raises:
        NeedsMl: scikit-learn is not installed.
    """
    from evergrove.models.learned import NeedsMl, ml_here  # noqa: PLC0415 - who does not ask for it pays nothing

    if not ml_here():
        raise NeedsMl


def publish_learned(engine: Engine, folder: Path, learned: Learned, *, csv: bool) -> None:
    """Write learned.parquet and early_value.parquet, and the same as CSV where that is wanted."""
    if learned.values is not None:
        told = learned.values
        columns = (ID, *(_column(name, OF_HORIZONS[name.split("_", 1)[0]]) for name in told.columns()))
        ids = {"customer_id": told.customer_id}
        _publish(engine, folder / HORIZONS, columns, ids | told.columns(), csv=csv)
    if learned.early is not None:
        new = learned.early
        columns = (ID, FIRST, *(_column(name, OF_EARLY[name]) for name in new.columns() if name in OF_EARLY))
        told_of = {"customer_id": new.customer_id} | new.columns()
        told_of["first_order_date"] = new.first_date.astype("datetime64[D]").astype(np.int64)
        _publish(engine, folder / EARLY, columns, told_of, csv=csv)


def _column(name: str, sentence: str) -> Column:
    return Column(name, "probability" if name.startswith("chance") else "estimate", name, "DOUBLE", sentence)


def _publish(
    engine: Engine, stem: Path, columns: tuple[Column, ...], told: dict[str, Any], *, csv: bool
) -> None:
    engine.register("learned_rows", told)
    shown = ", ".join(f"cast({c.sql} as {c.type}) as {c.name}" for c in columns)
    query = f"select {shown} from learned_rows order by customer_id"
    write_parquet(
        engine, query, stem.with_suffix(".parquet"), lineage={}, columns=columns, schema=SCHEMAS[stem.name]
    )
    if csv:
        write_csv(engine, query, columns, stem.with_suffix(".csv"))
    engine.unregister("learned_rows")


def _horizon_figures(told: LearnedValues | None) -> Figures | None:
    if told is None:
        return None
    sums = {name: round(float(values.sum()), 2) for name, values in told.columns().items()}
    return {"months": list(told.months), "missing": list(told.missing), "totals": sums}


def _early_figures(told: EarlyValue | None) -> Figures | None:
    if told is None:
        return None
    judged = told.back_test
    return {
        "customers": len(told.customer_id),
        "horizon_days": told.horizon_days,
        "so_far": round(float(told.so_far.sum()), 2),
        "to_come": round(float(told.to_come.sum()), 2),
        "learned_from": told.learned,
        "back_test": None
        if judged is None
        else {
            "customers": judged.customers,
            "gini": {one.name: round(one.gini, 4) for one in judged.judged},
            "rival": judged.rival,
            "gain": round(judged.gain.mean, 4),
            "standard_error": round(judged.gain.standard_error, 4),
            "ranks_better": judged.ranks_better,
        },
    }
