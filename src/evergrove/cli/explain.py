"""``evergrove explain``: one customer from orders to playbook."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evergrove.app import Evergrove
from evergrove.cli.errors import reporting, speaking
from evergrove.cli.files import SettingsFile, settings_of
from evergrove.cli.options import Debug, Json, Lang
from evergrove.cli.terminal import Terminal
from evergrove.cli.value import DEFAULT_OUT
from evergrove.core import _, fill
from evergrove.text import translator

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.pipeline import Explanation


LEAST = 0.001
"""A number below this is written as less than it."""


def explain(
    customer: Annotated[str, typer.Argument(help="The customer's id, as it stands in the data.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of an earlier run.")] = DEFAULT_OUT,
    lang: Lang = None,
    settings_file: SettingsFile = None,
    machine: Json = False,
    debug: Debug = False,
) -> None:
    """Show how one customer's numbers came about: order, day, repeat, numbers, tier."""
    terminal = speaking(Terminal("en", machine=machine, debug=debug), lang, "en")
    with reporting(terminal):
        settings = settings_of(settings_file)
    terminal = speaking(terminal, lang, settings.value.language)
    with reporting(terminal):
        app = Evergrove(settings=settings, today=date.today())  # noqa: DTZ011 -- the shop's own calendar
        explanation = app.explain(customer, out)
        _print(terminal, explanation)
        terminal.result("explain", _document(explanation, translator(terminal.language)))


def _print(terminal: Terminal, explanation: Explanation) -> None:
    translate, audit = translator(terminal.language), explanation.audit
    title = translate(_("Customer {customer}, as of {as_of}"))
    terminal.say(fill(title, {"customer": audit.customer_id, "as_of": audit.observation_end}))
    terminal.table(translate(_("Orders")), _order_rows(explanation, translate))
    terminal.table(translate(_("Refunds")), _refund_rows(explanation, translate))
    numbers = [(n.name, shown(n.value), n.reason.said(translate)) for n in audit.numbers]
    terminal.table(translate(_("Numbers")), numbers)
    origins = explanation.origins
    scores = [(k, shown(v), origins[k].said(translate)) for k, v in explanation.scores.items()]
    terminal.table(translate(_("Scores")), scores)
    terminal.table(
        translate(_("Tier, stage and playbook")), [(r.said(translate),) for r in explanation.reasons]
    )
    if not audit.numbers:
        terminal.say(translate(_("No purchase is left to count, so this customer has no score.")))


def _order_rows(explanation: Explanation, translate: Callable[[str], str]) -> list[tuple[str, ...]]:
    has_amounts = any(number.name == "historic_value" for number in explanation.audit.numbers)
    return [
        (
            o.order_date.isoformat(),
            o.order_id or "-",
            shown(o.amount) if has_amounts or o.amount else "",
            shown(-o.refunded) if o.refunded else "",
            o.reason.said(translate),
        )
        for o in explanation.audit.orders
    ]


def _refund_rows(explanation: Explanation, translate: Callable[[str], str]) -> list[tuple[str, ...]]:
    return [
        (
            r.refund_date.isoformat(),
            r.order_id or "-",
            shown(-r.amount),
            r.reason.said(translate),
        )
        for r in explanation.audit.refunds
    ]


def shown(value: object) -> str:
    """A value as people read it: at most four decimals, none that say nothing."""
    if value is None:
        return ""
    if isinstance(value, (int, date, str)):
        return str(value)
    if isinstance(value, float) and 0 < value < LEAST:
        return f"< {LEAST}"  # it is not nothing
    text = f"{value:,.4f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _document(explanation: Explanation, translate: Callable[[str], str]) -> dict[str, Any]:
    audit = explanation.audit
    return {
        "format": "evergrove.explanation/1",
        "customer_id": audit.customer_id,
        "as_of": audit.observation_end.isoformat(),
        "model": explanation.model,
        "currency": explanation.currency,
        "basis": explanation.basis,
        "orders": [
            {
                "order_id": o.order_id,
                "order_date": o.order_date.isoformat(),
                "amount": None if o.amount is None else str(o.amount),
                "refunded": str(o.refunded),
                "role": o.role,
            }
            for o in audit.orders
        ],
        "refunds": [
            {
                "order_id": r.order_id,
                "refund_date": r.refund_date.isoformat(),
                "amount": str(r.amount),
                "role": r.role,
            }
            for r in audit.refunds
        ],
        "numbers": {
            n.name: n.value if isinstance(n.value, (int, float)) else str(n.value) for n in audit.numbers
        },
        "scores": {k: v if isinstance(v, float) else str(v) for k, v in explanation.scores.items()},
        "origins": {k: origin.said(translate) for k, origin in explanation.origins.items()},
        "reasons": [{"code": r.code, "says": r.said(translate)} for r in explanation.reasons],
    }
