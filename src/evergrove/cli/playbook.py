"""``evergrove playbook``: see, start and pause playbooks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from evergrove.campaigns.words import STATE_WORDS
from evergrove.cli.options import HERE, Debug, In, Json, Lang, Quiet, day_of
from evergrove.cli.workspace import at_work, say_next
from evergrove.core import InputError, _
from evergrove.text import Formats

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from evergrove.app import Workspace
    from evergrove.campaigns import Installed
    from evergrove.cli.terminal import Terminal

STARTED = _("{key} works from the next run on.")
PAUSED = _("{key} rests: nobody enters it, {count} waiting {count:message|messages} taken back.")
STILL_DRAFT = _("{key} was never started: it stays a draft, which does nothing.")
ADDED = _(
    "{key} is installed. A new one is a draft; of one at work, whoever enters gets this version once it is started, too."
)
WAITS = _("{key} waits until somebody else approves it: it would reach {people} {people:person|people}.")
APPROVED = _("{key} is approved, and works from the next run on.")
RELEASED = _("{customers} {customers:customer enters|customers enter} {key} with the next run.")
TRIED = _(
    "{key} on {nights} {nights:night|nights} from {since} to {until}: {people} {people:customer|customers} reached by "
    "{messages} {messages:message|messages}, {controls} kept untreated, at a cost of {cost}."
)
WEEK_HEADER = (_("week of"), _("entered"), _("messages"), _("untreated"), _("not sent"), _("cost"))
SAME = _("{file} is installed already; nothing changed.")
HEADER = (_("key"), _("state"), _("under way"), _("playbook"), _("goal"))


class NoKey(InputError):
    """A playbook is to be started or paused, and it is not said which."""

    code = "cli.no_key"
    message = _("Which playbook to {action} is not said.")
    hint = _("Like this: evergrove playbook {action} {example}. evergrove playbook list shows them all.")


def playbook(
    action: Annotated[
        Literal["list", "start", "pause", "add", "try", "approve", "release"],
        typer.Argument(
            help="try: what it would have done; start: from the next run on; pause: takes back what waits; add: as a "
            "draft; approve: somebody else's; release: those whom a change of ours would have started."
        ),
    ] = "list",
    key: Annotated[
        str,
        typer.Argument(
            help="Key of the playbook, such as L2; to add or try one, its TOML file, or the key of one that Evergrove"
            " brings."
        ),
    ] = "",
    since: Annotated[str, typer.Option("--from", help="try: the first day whose night counts.")] = "",
    until: Annotated[str, typer.Option("--to", help="try: the last day whose night counts.")] = "",
    most: Annotated[int | None, typer.Option(min=1, help="release: at most so many; all without it.")] = None,
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
            terminal.say(_started(here, key, formats))
            say_next(terminal, workspace, "run --dry-run")
        elif action == "approve":
            here.approve(key)
            terminal.say(formats.say(APPROVED, key=key))
        elif action == "release":
            terminal.say(formats.say(RELEASED, key=key, customers=here.release(key, most)))
        elif action == "try":
            _try(terminal, here, key, day_of("--from", since), day_of("--to", until))
            return
        elif action == "add":
            _add(terminal, here, workspace, Path(key))
        elif action == "pause":
            terminal.say(_paused(here, key, formats))
        found = here.playbooks()
        if action == "list":
            header = tuple(map(formats.say, HEADER))
            terminal.table(formats.say(_("Playbooks")), [_row(one, formats) for one in found], header)
        terminal.result("playbook", {"playbooks": [_figures(one) for one in found]})


def _started(here: Workspace, key: str, formats: Formats) -> str:
    """Start a playbook, and say whether it works or waits."""
    if here.start(key) == "waiting":
        from evergrove.app.playbooks import require_trial  # noqa: PLC0415 - help is said without it

        return formats.say(WAITS, key=key, people=require_trial(here, key).people)
    return formats.say(STARTED, key=key)


def _try(terminal: Terminal, here: Workspace, key: str, since: date | None, until: date | None) -> None:
    """Say week by week what a playbook would have done; of one that is installed it is kept."""
    file = Path(key)
    known = {one.playbook.key for one in here.playbooks()}
    with terminal.progress() as announce:
        if key not in known and file.suffix == ".toml":
            from evergrove.app.playbooks import try_file  # noqa: PLC0415 - help is said without it

            tried = try_file(here, file, since, until, announce)
        else:
            tried = here.try_playbook(key, since, until, announce)
    told, formats = tried.document(), Formats(terminal.language, tried.currency)
    figures = {name: told[name] for name in ("nights", "people", "messages", "controls")}
    period = {"since": formats.day(tried.since), "until": formats.day(tried.until)}
    cost = formats.money(str(tried.cost))
    terminal.say(formats.say(TRIED, key=tried.playbook.key, cost=cost, **period, **figures))
    if told["weeks"]:
        header = tuple(map(formats.say, WEEK_HEADER))
        rows = [_week(week, formats) for week in told["weeks"]]
        terminal.table(formats.say(_("By week")), rows, header)
    terminal.result("playbook_trial", {"key": tried.playbook.key, "version": tried.playbook.version, **told})


def _week(week: Mapping[str, Any], formats: Formats) -> tuple[str, ...]:
    not_sent = sum(week["not_sent"].values())
    counts = (week["entered"], week["messages"], week["controls"], not_sent)
    return (formats.day(week["week"]), *map(formats.number, counts), formats.money(week["cost"]))


def _add(terminal: Terminal, here: Workspace, folder: Path, file: Path) -> None:
    """Install a playbook from its file as a draft, or a newer version of one that is there."""
    formats = Formats(terminal.language)
    from evergrove.campaigns.reading import shipped_file  # noqa: PLC0415 - help is said without it

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
        formats.say(STATE_WORDS[one.shown]),
        formats.number(one.enrolled.get("active", 0)),
        formats.say(one.playbook.name),
        formats.say(one.playbook.goal),
    )


def _figures(one: Installed) -> dict[str, object]:
    return {
        "key": one.playbook.key,
        "version": one.playbook.version,
        "state": one.shown,
        "newest": one.newest,
        "missing": list(one.playbook.missing),
        "enrolled": dict(one.enrolled),
    }
