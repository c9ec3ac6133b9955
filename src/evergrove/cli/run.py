"""``evergrove run``: one night."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from evergrove.cli.options import HERE, Debug, In, Json, Lang, Quiet, day_of
from evergrove.cli.reasons import reason
from evergrove.cli.workspace import at_work
from evergrove.core import _, fill
from evergrove.decisions import OUTCOME_WORDS
from evergrove.segments.codes import AXES, CAUSES, STAGES, TIERS, Cause, Stage, Tier
from evergrove.segments.words import AXIS_WORDS, CAUSE_WORDS, STAGE_WORDS, TIER_WORDS
from evergrove.text import translator

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.cli.terminal import Terminal
    from evergrove.pipeline import RunOutcome

VALUED = _("{customers} {customers:customer|customers} valued as of {as_of} ({model}).")
REFIT = _("{customers} {customers:customer|customers} valued as of {as_of} ({model}, fitted anew).")
NOTHING_NEW = _("Nothing has changed since the run as of {as_of}: nothing was done.")
WRITTEN = _(
    "{queued} {queued:message|messages} to send, {virtual} withheld from controls, {taken_back} taken back."
)
NEXT = _("Next: evergrove send.")
NONE_STARTED = _("No playbook has been started: evergrove playbook list shows them.")
WOULD = _("Would be sent ({count}):")
SHOWN = 20
"""Lines of a dry run on the terminal; --json has them all."""


def run(
    as_of: Annotated[
        str, typer.Option(help="The last day whose orders count, YYYY-MM-DD; default: yesterday.")
    ] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say who would get what, when, at what cost; store nothing.")
    ] = False,
    workspace: In = HERE,
    lang: Lang = None,
    machine: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Value every customer, see who moved, and decide who is written to."""
    with at_work(workspace, lang, machine=machine, quiet=quiet, debug=debug) as (here, terminal):
        with terminal.progress() as announce:
            outcome = here.run(day_of("--as-of", as_of), dry_run=dry_run, announce=announce)
        _print(terminal, outcome, dry_run=dry_run)
        if not dry_run and not any(one.state == "started" for one in here.playbooks()):
            terminal.say(translator(terminal.language)(NONE_STARTED))
        terminal.result(figures_of(outcome))


def _print(terminal: Terminal, outcome: RunOutcome, *, dry_run: bool) -> None:
    translate = translator(terminal.language)
    if not outcome.is_new:
        terminal.say(fill(translate(NOTHING_NEW), {"as_of": outcome.as_of}))
        return
    valued = REFIT if outcome.is_refit else VALUED
    terminal.say(fill(translate(valued), vars(outcome)))
    terminal.table(
        translate(_("Tiers")),
        [(translate(TIER_WORDS[Tier(TIERS.index(k))]), f"{n:,}") for k, n in outcome.tiers.items()],
    )
    terminal.table(
        translate(_("Stages")),
        [(translate(STAGE_WORDS[Stage(STAGES.index(k))]), f"{n:,}") for k, n in outcome.stages.items()],
    )
    terminal.table(translate(_("Moves")), _moves(outcome, translate))
    decided = [
        (key, translate(OUTCOME_WORDS[what]), reason(code).said(translate) if code else "", f"{n:,}")
        for (key, what, code), n in sorted(outcome.decisions.items())
    ]
    terminal.table(translate(_("Decisions")), decided)
    if dry_run and outcome.decided:
        _print_actions(terminal, outcome)
    elif outcome.written:
        terminal.say()
        terminal.say(fill(translate(WRITTEN), vars(outcome.written)))
        if outcome.written.queued:
            terminal.say(translate(NEXT))


def _moves(outcome: RunOutcome, translate: Callable[[str], str]) -> list[tuple[str, ...]]:
    words = {"tier": (TIERS, TIER_WORDS, Tier), "stage": (STAGES, STAGE_WORDS, Stage)}

    def said(axis: str, name: str) -> str:
        names, chosen, kind = words[axis]
        return translate(chosen[kind(names.index(name))]) if name else "-"  # type: ignore[index]

    return [
        (
            translate(AXIS_WORDS[AXES.index(axis)]),  # type: ignore[index]
            said(axis, before),
            said(axis, after),
            translate(CAUSE_WORDS[Cause(CAUSES.index(cause))]),
            f"{n:,}",
        )
        for (axis, before, after, cause), n in sorted(
            outcome.moves.items(), key=lambda item: (item[0][0], -item[1])
        )
    ]


def _print_actions(terminal: Terminal, outcome: RunOutcome) -> None:
    translate = translator(terminal.language)
    actions = outcome.decided.actions if outcome.decided else ()
    leaving = [one for one in actions if one.arm == "treated"]
    rows = [
        (
            one.customer_id,
            one.playbook,
            one.template,
            f"{one.not_before:%Y-%m-%d %H:%M} UTC",
            str(one.cost + (one.coupon_cost or 0)),
        )
        for one in leaving[:SHOWN]
    ]
    terminal.table(fill(translate(WOULD), {"count": len(leaving)}), rows)


def figures_of(outcome: RunOutcome) -> dict[str, Any]:
    """A run's outcome for machines."""
    return {
        "as_of": outcome.as_of.isoformat(),
        "snapshot": outcome.snapshot_id,
        "new": outcome.is_new,
        "customers": outcome.customers,
        "model": outcome.model,
        "refit": outcome.is_refit,
        "tiers": dict(outcome.tiers),
        "stages": dict(outcome.stages),
        "moves": [
            {"axis": axis, "from": before, "to": after, "cause": cause, "customers": n}
            for (axis, before, after, cause), n in outcome.moves.items()
        ],
        "decisions": [
            {"playbook": key, "outcome": what, "reason": code, "customers": n}
            for (key, what, code), n in outcome.decisions.items()
        ],
        "messages": vars(outcome.written) if outcome.written else None,
        "actions": [
            {
                "customer": one.customer_id,
                "playbook": one.playbook,
                "step": one.step,
                "template": one.template,
                "not_before": one.not_before.isoformat(),
                "arm": one.arm,
                "cost": str(one.cost),
                "coupon_cost": None if one.coupon_cost is None else str(one.coupon_cost),
            }
            for one in (outcome.decided.actions if outcome.decided and outcome.snapshot_id is None else ())
        ],
    }
