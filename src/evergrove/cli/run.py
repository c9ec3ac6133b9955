"""``evergrove run``: one night."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from evergrove.cli.inbox import take_quietly
from evergrove.cli.night import print_night
from evergrove.cli.options import HERE, Debug, In, Json, Lang, Quiet, day_of
from evergrove.cli.segments_tonight import say_segments
from evergrove.cli.workspace import at_work, say_next
from evergrove.core import _
from evergrove.report.accounting import notes
from evergrove.text import Formats

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.app import Workspace
    from evergrove.cli.terminal import Terminal
    from evergrove.pipeline import RunOutcome

NONE_STARTED = _("No playbook has been started, so nobody is written to.")
AS_IF = _("Drafts are shown as if they were started: {keys}.")


def run(
    as_of: Annotated[
        str, typer.Option(help="The last day whose orders count, YYYY-MM-DD; default: yesterday.")
    ] = "",
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Show who would get what, when, at what cost, by drafts too; store nothing."
        ),
    ] = False,
    workspace: In = HERE,
    lang: Lang = None,
    machine: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Value every customer as of a day, see who has moved, and decide who is written to."""
    with at_work(workspace, lang, machine=machine, quiet=quiet, debug=debug) as (here, terminal):
        if not dry_run:
            take_quietly(terminal, here)
        with terminal.progress() as announce:
            outcome = here.run(day_of("--as-of", as_of), dry_run=dry_run, announce=announce)
            if not dry_run:
                here.keep_targets(announce=announce)
        value = here.settings.value
        print_night(terminal, outcome, value.currency, value.timezone or "UTC")
        segments = say_segments(terminal, here, outcome)
        _print_states(terminal, here, workspace, outcome, dry_run=dry_run)
        terminal.result("run", figures_of(outcome) | {"segments": segments})


def _print_states(
    terminal: Terminal, here: Workspace, folder: Path, outcome: RunOutcome, *, dry_run: bool
) -> None:
    """Which playbooks are at work, and what to do next."""
    formats = Formats(terminal.language)
    there = here.playbooks()
    states = {one.playbook.key: one.state for one in there}
    drafts = [one.playbook.key for one in there if one.state == "draft" and one.shown != "locked"]
    if dry_run:
        if drafts:
            terminal.say(formats.say(AS_IF, keys=formats.enumerated(drafts)))
    elif "started" not in states.values():
        terminal.say()
        terminal.say(formats.say(NONE_STARTED))
        say_next(terminal, folder, "playbook list")
    elif outcome.written and outcome.written.queued:
        say_next(terminal, folder, "send")


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
        "own_tiers": dict(outcome.own_tiers),
        "stages": dict(outcome.stages),
        "policy": None
        if outcome.rules is None or not outcome.is_adopted
        else {"name": outcome.rules.name, "version": outcome.rules.version},
        "falls_doubted": outcome.is_doubted,
        "flaps": dict(outcome.flaps),
        "moves": [
            {"axis": axis, "from": before, "to": after, "cause": cause, "customers": n}
            for (axis, before, after, cause), n in outcome.moves.items()
        ],
        "decisions": [
            {"playbook": key, "outcome": what, "reason": code, "customers": n}
            for (key, what, code), n in outcome.decisions.items()
        ],
        "messages": vars(outcome.written) if outcome.written else None,
        "warnings": notes(outcome.warnings),
        "basis": outcome.basis or None,
        "left_out": dict(outcome.left_out),
        "waiting": [dict(each) for each in outcome.waiting],
        "readiness": [check.as_json() for check in outcome.readiness],
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
