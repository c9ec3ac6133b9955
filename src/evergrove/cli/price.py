"""``evergrove price``: what a control group costs, before its share is chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from evergrove.cli.options import HERE, Debug, In, InvalidOption, Json, Lang, Quiet
from evergrove.cli.workspace import at_work
from evergrove.core import _
from evergrove.segments.codes import STAGES, TIERS
from evergrove.text import Formats

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evergrove.measurement.planning import ControlPrice, ControlPrices

BROUGHT = _(
    "Of {people} {people:person|people} who stood there {days} {days:day|days} ago, one has brought {mean} since, give or take {sd}."
)
EXPECTED = _("The treatment is taken to bring {effect} more a person.")
ASSUMED = _(
    "Nobody said what the treatment brings: {effect} a person is assumed, a tenth of that. Say it by --effect."
)
TITLE = _("What a control group takes")
HEADER = (
    _("untreated"),
    _("people until seen"),
    _("of them untreated"),
    _("days"),
    _("profit forgone"),
    _("forgone a year"),
    _("a year shows from"),
)
NO_INFLOW = _(
    "How many people come in is not known: say it by --per-month, and days and a year's price appear."
)


def price(
    tier: Annotated[
        list[str] | None, typer.Option(help="Tier that is taken in; more than once for several.")
    ] = None,
    stage: Annotated[list[str] | None, typer.Option(help="The same for a stage.")] = None,
    effect: Annotated[
        float | None, typer.Option(min=0.0001, help="What a treatment is expected to bring, a person.")
    ] = None,
    per_month: Annotated[
        float | None, typer.Option(min=1.0, help="People who come in within 30 days.")
    ] = None,
    workspace: In = HERE,
    lang: Lang = None,
    machine: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Say what a control group costs: people, time and profit until an effect can be seen."""
    with at_work(workspace, lang, machine=machine, quiet=quiet, debug=debug) as (here, terminal):
        from evergrove.measurement.planning import SHARES  # noqa: PLC0415 - help is said without it
        from evergrove.pipeline.control_price import PriceAsked  # noqa: PLC0415 - as above

        asked = PriceAsked(
            _known("--tier", tier, TIERS), _known("--stage", stage, STAGES), effect, per_month, SHARES
        )
        found = here.control_prices(asked)
        formats = Formats(terminal.language, here.settings.value.currency)
        for line in _told(found, formats):
            terminal.say(line)
        rows = [_row(each, formats) for each in found.prices]
        terminal.table(formats.say(TITLE), rows, tuple(map(formats.say, HEADER)))
        if per_month is None:
            terminal.say(formats.say(NO_INFLOW))
        terminal.result("price", found.as_json())


def _known(option: str, names: Sequence[str] | None, there_are: Sequence[str]) -> tuple[str, ...]:
    for name in names or ():
        if name not in there_are:
            raise InvalidOption(option=option, value=name, example=f"{option} {there_are[-1]}")
    return tuple(names or ())


def _told(found: ControlPrices, formats: Formats) -> tuple[str, ...]:
    mean, sd, effect = (formats.money(each) for each in (found.mean, found.sd, found.effect))
    return (
        formats.say(BROUGHT, people=found.people, days=found.window_days, mean=mean, sd=sd),
        formats.say(ASSUMED if found.is_assumed else EXPECTED, effect=effect),
    )


def _row(each: ControlPrice, formats: Formats) -> tuple[str, ...]:
    return (
        formats.percent(each.share, 0),
        formats.number(each.people),
        formats.number(each.control),
        "" if each.days is None else formats.number(each.days),
        formats.money(each.forgone),
        "" if each.forgone_a_year is None else formats.money(each.forgone_a_year),
        "" if each.smallest is None else formats.money(each.smallest),
    )
