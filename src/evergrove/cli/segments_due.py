"""``evergrove segments due``: whom time alone will move."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from evergrove.cli.options import HERE, Debug, In, Json, Lang, Quiet, day_of
from evergrove.cli.workspace import at_work
from evergrove.core import Term, _
from evergrove.pipeline.due import DAYS, SOON, look_ahead
from evergrove.segments.clock.types import BECAUSE, Because
from evergrove.segments.clock.words import BECAUSE_WORDS
from evergrove.text import Formats

if TYPE_CHECKING:
    from evergrove.pipeline.due import Ahead

HEADER = (_("day"), _("customers"), _("what may happen"))
IN_ALL = (_("what may happen"), _("customers"))
FALL_DUE = _(
    "If nothing comes, {due} of {customers} {customers:customer|customers} may move within {days} {days:day|days}"
    " after {as_of}; the others stay where they are."
)
SLIPPING = _(
    "If nothing comes, {decline} will be in decline and {churn} churned within {days} {days:day|days}."
)


def due(
    as_of: Annotated[
        str, typer.Option(help="Days after this one, YYYY-MM-DD; default: after the newest run's.")
    ] = "",
    workspace: In = HERE,
    lang: Lang = None,
    machine: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Say who will move by time alone in the next 30 days, and because of what."""
    with at_work(workspace, lang, machine=machine, quiet=quiet, debug=debug) as (here, terminal):
        found = look_ahead(here.warehouse, day_of("--as-of", as_of))
        formats = Formats(terminal.language)
        terminal.say(
            formats.say(FALL_DUE, due=found.due, customers=found.customers, days=DAYS, as_of=found.as_of)
        )
        for k, days in enumerate((SOON, DAYS)):
            terminal.say(formats.say(SLIPPING, decline=found.decline[k], churn=found.churn[k], days=days))
        in_all = [(_word(code, formats), formats.number(n)) for code, n in found.because.items()]
        title = formats.say(_("What may happen"))
        terminal.table(title, in_all, tuple(map(formats.say, IN_ALL)))
        title = formats.say(_("Day by day"))
        terminal.table(title, _by_day(found, formats), tuple(map(formats.say, HEADER)))
        terminal.result("segments_due", _figures(found))


def _word(code: str, formats: Formats) -> str:
    return formats.say(Term(BECAUSE_WORDS[Because(BECAUSE.index(code))]))


def _by_day(found: Ahead, formats: Formats) -> list[tuple[str, ...]]:
    return [
        (
            day.isoformat(),
            formats.number(sum(counts.values())),
            formats.enumerated(
                [f"{_word(code, formats)} ({formats.number(n)})" for code, n in counts.items()]
            ),
        )
        for day, counts in found.days.items()
    ]


def _figures(found: Ahead) -> dict[str, Any]:
    return {
        "as_of": found.as_of.isoformat(),
        "run_as_of": found.run_as_of.isoformat(),
        "customers": found.customers,
        "due": found.due,
        "because": found.because,
        "days": [{"day": day.isoformat(), "because": dict(counts)} for day, counts in found.days.items()],
        "decline": {str(SOON): found.decline[0], str(DAYS): found.decline[1]},
        "churn": {str(SOON): found.churn[0], str(DAYS): found.churn[1]},
    }
