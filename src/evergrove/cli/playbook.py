"""``evergrove playbook``: see, start and pause playbooks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from evergrove.campaigns.reading import shipped_file
from evergrove.campaigns.words import STATE_WORDS
from evergrove.cli.options import HERE, Debug, In, Json, Lang, Quiet
from evergrove.cli.workspace import at_work, say_next
from evergrove.core import InputError, _
from evergrove.text import Formats

if TYPE_CHECKING:
    from evergrove.app import Workspace
    from evergrove.campaigns import Installed
    from evergrove.cli.terminal import Terminal

STARTED = _("{key} works from the next run on.")
PAUSED = _("{key} rests: nobody enters it, {count} waiting {count:message|messages} taken back.")
STILL_DRAFT = _("{key} was never started: it stays a draft, which does nothing.")
ADDED = _(
    "{key} is installed. A new one is a draft; of one at work, whoever enters from now on gets this version."
)
SAME = _("{file} is installed already; nothing changed.")
HEADER = (_("key"), _("state"), _("under way"), _("playbook"), _("goal"))


class NoKey(InputError):
    """A playbook is to be started or paused, and it is not said which."""

    code = "cli.no_key"
    message = _("Which playbook to {action} is not said.")
    hint = _("Like this: evergrove playbook {action} {example}. evergrove playbook list shows them all.")


def playbook(
    action: Annotated[
        Literal["list", "start", "pause", "add"],
        typer.Argument(help="start: from the next run on; pause: takes back what waits; add: as a draft."),
    ] = "list",
    key: Annotated[
        str,
        typer.Argument(
            help="Key of the playbook, such as L2; to add one, its TOML file, or the key of one that Evergrove brings."
        ),
    ] = "",
    workspace: In = HERE,
    lang: Lang = None,
    machine: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """List the playbooks, start one, let one rest, or add one of your own."""
    with at_work(workspace, lang, machine=machine, quiet=quiet, debug=debug) as (here, terminal):
        formats = Formats(terminal.language)
        if action != "list" and not key:
            raise NoKey(action=action, example="mine.toml" if action == "add" else "L2")
        if action == "start":
            here.start(key)
            terminal.say(formats.say(STARTED, key=key))
            say_next(terminal, workspace, "run --dry-run")
        elif action == "add":
            _add(terminal, here, workspace, Path(key))
        elif action == "pause":
            terminal.say(_paused(here, key, formats))
        found = here.playbooks()
        if action == "list":
            header = tuple(map(formats.say, HEADER))
            terminal.table(formats.say(_("Playbooks")), [_row(one, formats) for one in found], header)
        terminal.result("playbook", {"playbooks": [_figures(one) for one in found]})


def _add(terminal: Terminal, here: Workspace, folder: Path, file: Path) -> None:
    """Install a playbook from its file as a draft, or a newer version of one that is there."""
    formats = Formats(terminal.language)
    added = here.add_playbook(shipped_file(str(file)) or file)
    if not added:
        terminal.say(formats.say(SAME, file=file.name))
        return
    terminal.say(formats.say(ADDED, key=added))
    say_next(terminal, folder, "playbook list")


def _paused(here: Workspace, key: str, formats: Formats) -> str:
    """Let a playbook rest, and say what became of it."""
    taken_back = here.pause(key)
    state = next(one.state for one in here.playbooks() if one.playbook.key == key)
    return formats.say(STILL_DRAFT if state == "draft" else PAUSED, key=key, count=taken_back)


def _row(one: Installed, formats: Formats) -> tuple[str, ...]:
    return (
        one.playbook.key,
        formats.say(STATE_WORDS[one.state]),
        formats.number(one.enrolled.get("active", 0)),
        formats.say(one.playbook.name),
        formats.say(one.playbook.goal),
    )


def _figures(one: Installed) -> dict[str, object]:
    return {
        "key": one.playbook.key,
        "version": one.playbook.version,
        "state": one.state,
        "enrolled": dict(one.enrolled),
    }
