"""``evergrove decide``: what a budget would bring, before anybody spends it."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evergrove.cli.options import HERE, Debug, In, InvalidOption, Json, Lang, Quiet
from evergrove.cli.workspace import at_work
from evergrove.core import InputError, _
from evergrove.text import Formats

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evergrove.cli.terminal import Terminal

PLANNED = _(
    "{contacts} of {people} {people:customer|customers} who may get anything would be contacted as of {as_of}, for {spent} of {budget}."
)
PROMISED = _("Expected profit: {profit} ({low} to {high}, {level} of cases, if the beliefs are right).")
ASSUMED = _(
    "{assumed} of {contacts} {contacts:contact|contacts} rest on an assumption, not on a measurement."
)
NOBODY = _("No playbook at work has anybody to whom it could be given as of {as_of}.")
NEXT = _("The next {extra} return {value} ± {error}.")
ENOUGH = _("Everything that is worth its cost is paid for: the next {extra} return nothing.")
PRICE = _("At the margin one more unit of money brings {price}.")
GUARDED = _("Price guard: all customers of a tier and stage get coupons of one face.")
OFFERS = _("Who would get what")
OFFER_HEADER = (
    _("playbook"),
    _("channel"),
    _("contacts"),
    _("of the budget"),
    _("profit"),
    _("interval"),
    _("assumed"),
)
CURVE = _("Expected profit by budget")
CURVE_HEADER = (_("budget"), _("profit"), _("the next unit brings"))
FACES = _("Coupons by cell")
FACE_HEADER = (_("tier and stage"), _("coupon"))
DRY = _("This was a dry run: nothing was stored.")


class OnlyDry(InputError):
    """A plan cannot be carried out by this command."""

    code = "cli.decide_only_dry"
    message = _("evergrove decide carries nothing out: it only says what a budget would bring.")
    hint = _(
        "Add --dry-run. Messages are decided by the night (evergrove run), within the budgets set on the page /budgets or by PUT /v1/budgets."
    )


def decide(
    budget: Annotated[
        float, typer.Option(min=0.0, help="Money for everything, in the workspace's currency.")
    ],
    by_channel: Annotated[
        list[str] | None,
        typer.Option(help="Money for one channel beside it, email=20000; more than once for several."),
    ] = None,
    extra: Annotated[
        float, typer.Option(min=0.01, help="The next sum of money, of which it is said what it returns.")
    ] = 1000.0,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say it; there is no other way: nights decide.")
    ] = False,
    workspace: In = HERE,
    lang: Lang = None,
    machine: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Say what a budget would bring: who would get what, what it promises, and what the next money returns."""
    with at_work(workspace, lang, machine=machine, quiet=quiet, debug=debug) as (here, terminal):
        if not dry_run:
            raise OnlyDry
        for option, amount in (("--budget", budget), ("--extra", extra)):
            if not isfinite(amount):
                raise InvalidOption(option=option, value=amount, example=f"{option} 50000")
        from evergrove.app.deciding import planned  # noqa: PLC0415 - help is said without it

        told = planned(here, budget, _channels(by_channel or ()), extra)
        _print(terminal, told, Formats(terminal.language, here.settings.value.currency))
        terminal.result("budget_plan", told)


def _channels(options: Sequence[str]) -> dict[str, float]:
    """Channel to money."""
    found: dict[str, float] = {}
    for text in options:
        name, _is, amount = text.partition("=")
        try:
            found[name] = float(amount)
        except ValueError as error:
            raise _unreadable(text) from error
        if not name or not isfinite(found[name]) or found[name] < 0.0:
            raise _unreadable(text)
    return found


def _unreadable(text: str) -> InvalidOption:
    return InvalidOption(option="--by-channel", value=text, example="--by-channel email=20000")


def _print(terminal: Terminal, told: Mapping[str, Any], formats: Formats) -> None:
    money = formats.money
    if not told["people"]:
        terminal.say(formats.say(NOBODY, as_of=told["as_of"]))
    else:
        _print_promise(terminal, told, formats)
    for each in told["passed_over"]:
        terminal.say(formats.say(_passed_over()[each["reason"]], playbook=each["playbook"]))
    rows = [_offer(each, formats) for each in told["offers"] if each["contacts"]]
    terminal.table(formats.say(OFFERS), rows, tuple(map(formats.say, OFFER_HEADER)))
    curve = [
        (money(each["budget"]), money(each["profit"]), formats.number(each["price"], 2))
        for each in told["curve"]
    ]
    terminal.table(formats.say(CURVE), curve, tuple(map(formats.say, CURVE_HEADER)))
    if told["price_guard"]:
        terminal.say()
        terminal.say(formats.say(GUARDED))
        faces = [(each["cell"], each["face"]) for each in told["faces"]]
        terminal.table(formats.say(FACES), faces, tuple(map(formats.say, FACE_HEADER)))
    terminal.say()
    terminal.say(formats.say(DRY))


def _print_promise(terminal: Terminal, told: Mapping[str, Any], formats: Formats) -> None:
    """What the plan promises as a whole, and what more money would."""
    money, more = formats.money, told["next"]
    sums = {name: money(told[name]) for name in ("spent", "budget", "profit", "low", "high")}
    counts = {name: told[name] for name in ("contacts", "people", "as_of", "assumed")}
    terminal.say(formats.say(PLANNED, **counts, **sums))
    terminal.say(formats.say(PROMISED, **sums, level=formats.percent(told["level"], 0)))
    if told["assumed"]:
        terminal.say(formats.say(ASSUMED, **counts))
    extra = money(more["extra"])
    if more["used"] > 0.0:
        terminal.say(formats.say(NEXT, extra=extra, value=money(more["value"]), error=money(more["error"])))
        terminal.say(formats.say(PRICE, price=formats.number(told["price"], 2)))
    else:
        terminal.say(formats.say(ENOUGH, extra=extra))


def _offer(each: Mapping[str, Any], formats: Formats) -> tuple[str, ...]:
    money = formats.money
    return (
        each["playbook"],
        each["channel"],
        formats.number(each["contacts"]),
        money(each["spent"]),
        money(each["profit"]),
        formats.between(money(each["low"]), money(each["high"])),
        formats.number(each["assumed"]),
    )


def _passed_over() -> Mapping[str, str]:
    from evergrove.app.deciding import PASSED_OVER  # noqa: PLC0415 - help is said without it

    return PASSED_OVER
