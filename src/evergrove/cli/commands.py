"""The subcommands: each is loaded when it is called, so that none pays for the imports of another."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperCommand, TyperGroup

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS = {
    "value": "Value every customer of an order export: worth, certainty, tier, stage, what to do.",
    "backtest": "Judge models and naive rules by the past: who is to be trusted for what.",
    "explain": "Show how one customer's numbers came about: order, day, repeat, numbers, tier.",
    "demo": "Simulate a shop whose truth is known, let it live four weeks with Evergrove, and show what that earned.",
    "init": "Make a workspace: a folder in which the other commands work day by day.",
    "ingest": "Add orders, customers or another table to the workspace; what is in already changes nothing.",
    "run": "Value every customer as of a day, see who has moved, and decide who is written to.",
    "segments": "Ask who is meant: conditions in words, stored as segments.",
    "coupon": "Coupon campaigns as files, codes, and what became of them.",
    "letter": "List the letters, show one, see what a reader would get, or add one of your own.",
    "playbook": "List the playbooks, start one, let one rest, or add one of your own.",
    "send": "Send the messages that are due, each once, to those who may still receive it.",
    "channel": "List the channels: which are ready, what the others lack, and which profiles nobody has tried yet.",
    "outbox": "List the messages of which nobody knows whether they left, settle one by hand, or let a failed one leave again.",
    "task": "List what staff are to do for customers, take a task, say what came of it, or let it go.",
    "bounces": "Take in bounces and complaints; each counts once, and the mails stay as they are.",
    "measure": "Tell what each playbook earned: customers treated against customers kept untreated.",
    "decide": "Say what a budget would bring: who would get what, what it promises, and what the next money returns.",
    "price": "Say what a control group costs: people, time and profit until an effect can be seen.",
    "serve": "Answer over HTTP, do the jobs and work out live values, until somebody ends it.",
    "worker": "Do the workspace's jobs: those of the schedule in evergrove.toml, and those that people queue.",
    "jobs": "List the jobs, look at one, have work done, cancel it, run it again, or see what comes by itself.",
    "targets": "Say where the customer base stands: six targets and your own, for any past month.",
    "review": "Write the report of a month: targets, who moved, forecasts against what came, what to decide.",
    "person": "Show what is known of a person, hand out the person's copy, join two ids, take one apart, or erase.",
    "export": "Write a table of the newest run to a file.",
    "replay": "Compute a past day anew from what was known then, and compare it with what was published.",
    "backup": "Save the workspace as it is at this moment; other commands may go on meanwhile.",
    "restore": "Bring a workspace back from a backup, or try a backup out.",
    "stop": "Stop everything, a channel or a playbook at once; what is on the wire in this moment still arrives.",
    "resume": "Let go on what was stopped; or let a workspace that came back from a backup send again.",
    "upgrade": "Bring the workspace up to date: a backup first, then the ledger's steps, all of them or none.",
    "audit": "Show who did what, verify that nothing of it was changed, or export the head to verify with later.",
    "users": "Invite people, list them, give roles, let them choose a new password, or let them sign in no more.",
    "keys": "Make a key for a program, list the keys, or revoke one.",
    "doctor": "Check the workspace for damage, and for messages that should never have been queued.",
}
"""Each command, in module ``evergrove.cli.<name>``, with its sentence in the list of all."""


def load(name: str) -> Any:
    """The real command of a name."""
    found = getattr(import_module(f"evergrove.cli.{name}"), name)
    if isinstance(found, typer.Typer):  # a command with verbs of its own
        return typer.main.get_command(found)
    single = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
    single.command(name)(found)
    return typer.main.get_command(single)


class CommandsOnDemand(TyperGroup):
    """A group that lists its commands without loading them."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.commands.update({name: TyperCommand(name, help=says) for name, says in COMMANDS.items()})

    def resolve_command(self, ctx: Any, args: Sequence[str]) -> Any:
        """The command that is about to run."""
        name, _listed, rest = super().resolve_command(ctx, list(args))
        return name, load(str(name)), rest
