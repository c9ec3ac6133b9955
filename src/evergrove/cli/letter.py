"""``evergrove letter``: see the letters, look at one as a reader would, or add one of your own."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from evergrove.cli.options import HERE, Debug, In, Json, Lang, Quiet
from evergrove.cli.workspace import at_work, say_next
from evergrove.core import InputError, _
from evergrove.core.lazy import Later
from evergrove.text import Formats
from evergrove.text.catalogue import say

if TYPE_CHECKING:
    from evergrove.app import letters as app
    from evergrove.cli.terminal import Terminal
    from evergrove.delivery.letters import Listed
    from evergrove.text import Language
else:
    app = Later("evergrove.app.letters")

MOST_BYTES = 1_000_000
KEPT = _("{name} is kept as version {version}; messages take it from now on.")
SAME_AS_NEWEST = _("{name} says the same as version {version}; nothing changed.")
SHORT = _("As a text message ({encoding}, {units} of its units, {segments} to pay):")
SKIPPED = _("This reader would be skipped: {reason}")
LETTERS = _("Letters")
HEADER = (_("name"), _("version"), _("category"), _("languages"))
CATEGORIES = {
    "marketing": _("marketing"),
    "service": _("service"),
    "transactional": _("transactional"),
}


class NoLetterNamed(InputError):
    """A letter is to be shown or added, and it is not said which."""

    code = "cli.no_letter_named"
    message = _("Which letter to {action} is not said.")
    hint = _("Like this: evergrove letter {action} {example}. evergrove letter list shows them all.")


class LetterFileUnreadable(InputError):
    """A file of a letter cannot be read."""

    code = "cli.letter_file_unreadable"
    message = _("{path} cannot be read as a letter: {reason}.")
    hint = _("It is a TOML or JSON file; docs/templates.md shows a whole one.")


def letter(
    action: Annotated[
        Literal["list", "show", "add", "preview"],
        typer.Argument(help="show: its words; preview: as a sample reader gets it; add: from a file."),
    ] = "list",
    name: Annotated[
        str, typer.Argument(help="Name of the letter, such as new-thanks; to add one, its TOML or JSON file.")
    ] = "",
    version: Annotated[
        int | None, typer.Option(help="Which version; 0 comes with Evergrove. Default: the newest.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option(help="File that the preview's HTML is written to, to be looked at.")
    ] = None,
    workspace: In = HERE,
    lang: Lang = None,
    machine: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """List the letters, show one, see what a reader would get, or add one of your own."""
    with at_work(workspace, lang, machine=machine, quiet=quiet, debug=debug) as (here, terminal):
        if action != "list" and not name:
            raise NoLetterNamed(action=action, example="mine.toml" if action == "add" else "new-thanks")
        if action == "list":
            found = app.every(here)
            formats = Formats(terminal.language)
            header = tuple(map(formats.say, HEADER))
            terminal.table(formats.say(LETTERS), [_row(each, formats) for each in found], header)
            terminal.result("letters", {"letters": [_figures(each) for each in found]})
        elif action == "add":
            kept, is_new = app.add(here, _read(Path(name)))
            said = KEPT if is_new else SAME_AS_NEWEST
            terminal.say(Formats(terminal.language).say(said, name=kept.name, version=kept.version))
            say_next(terminal, workspace, f"letter preview {kept.name}")
            terminal.result("letter", {"name": kept.name, "version": kept.version, "is_new": is_new})
        elif action == "show":
            from evergrove.delivery.letters import document_of  # noqa: PLC0415 - help is said without it

            document = document_of(app.one(here, name, version))
            _say_lines(terminal, json.dumps(document, ensure_ascii=False, indent=2))
            terminal.result("letter", document)
        else:
            _show(terminal, app.preview(here, app.one(here, name, version), terminal.language), html)


def _show(terminal: Terminal, shown: app.Preview, html: Path | None) -> None:
    """A letter as its reader gets it, in words; its HTML goes to a file."""
    formats = Formats(terminal.language)
    if shown.mail is not None:
        _say_lines(terminal, f"{shown.mail.subject}\n\n{shown.mail.text}")
        if html is not None:
            html.write_text(shown.mail.html, encoding="utf-8")
    if shown.short is not None:
        counted = {"encoding": shown.short.encoding, "units": shown.short.units}
        terminal.say(formats.say(SHORT, segments=shown.short.segments, **counted))
        terminal.say(shown.short.text)
    if shown.problem is not None:
        terminal.say(formats.say(SKIPPED, reason=say(shown.problem, terminal.language)))
    terminal.result(
        "preview",
        {
            "name": shown.letter.name,
            "version": shown.letter.version,
            "subject": None if shown.mail is None else shown.mail.subject,
            "text": None if shown.mail is None else shown.mail.text,
            "short": None if shown.short is None else vars(shown.short),
        },
    )


def _say_lines(terminal: Terminal, text: str) -> None:
    for line in text.rstrip().split("\n"):
        terminal.say(line)


def _read(path: Path) -> dict[str, Any]:
    """The document of a file."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise LetterFileUnreadable(path=str(path), reason="> 1 MB")
        text = path.read_text(encoding="utf-8-sig")
        found = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except OSError as error:
        raise LetterFileUnreadable(path=str(path), reason=str(error.strerror)) from error
    except ValueError as error:
        raise LetterFileUnreadable(path=str(path), reason=str(error)[:200]) from error
    if not isinstance(found, dict):
        raise LetterFileUnreadable(path=str(path), reason="[]")
    return found


def _row(each: Listed, formats: Formats) -> tuple[str, ...]:
    found, languages = each.letter, list(each.letter.words)
    return found.name, str(found.version), formats.say(CATEGORIES[found.category]), ", ".join(languages)


def _figures(each: Listed) -> dict[str, object]:
    languages: list[Language] = list(each.letter.words)
    return {
        "name": each.letter.name,
        "version": each.letter.version,
        "category": each.letter.category,
        "languages": languages,
    }
