"""``evergrove keys``: keys of programs, each shown once when it is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from evergrove import app
from evergrove.cli.options import HERE, Debug, In, Json, Lang, Quiet
from evergrove.cli.users import minute
from evergrove.cli.workspace import at_work
from evergrove.core import InputError, _
from evergrove.text import Formats

if TYPE_CHECKING:
    from datetime import datetime

    from evergrove.access import Key
    from evergrove.app import Workspace
    from evergrove.cli.terminal import Terminal

MADE = _("Key {prefix} is valid until {until}. It is shown only now:")
REVOKED = _("Key {prefix} opens nothing any more.")
NO_KEYS = _("There are no keys.")
HEADER = (_("prefix"), _("name"), _("owner"), _("may"), _("last used"), _("state"))
VALID, OVER, TAKEN_BACK, NEVER = _("valid"), _("expired"), _("revoked"), _("never")


class NoKeyNamed(InputError):
    """It is not said which key, or what it is to be called."""

    code = "cli.no_key_named"
    message = _("Which key to {action} is not said.")
    hint = _("Like this: evergrove keys create till --for ada@shop.example --scope events.write")


class NoOwner(InputError):
    """A key is to be made, and it is not said whose, or what for."""

    code = "cli.no_owner"
    message = _("Whose key it is, or what it may do, is not said.")
    hint = _("Like this: evergrove keys create {name} --for ada@shop.example --scope events.write")


def keys(
    action: Annotated[
        Literal["list", "create", "revoke"], typer.Argument(help="create prints the key, once.")
    ] = "list",
    key: Annotated[
        str, typer.Argument(help="To create: what it is for, in a word or two. To revoke: its prefix.")
    ] = "",
    owner: Annotated[
        str, typer.Option("--for", help="Address of whose key it is: it can do no more than they may.")
    ] = "",
    scope: Annotated[
        list[str] | None,
        typer.Option(
            "--scope", help="A right of docs/reference/rights.md; give it several times for several."
        ),
    ] = None,
    days: Annotated[int, typer.Option("--days", min=1, max=3650, help="How long it is valid.")] = 365,
    workspace: In = HERE,
    lang: Lang = None,
    machine: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Make a key for a program, list the keys, or revoke one."""
    with at_work(workspace, lang, machine=machine, quiet=quiet, debug=debug) as (here, terminal):
        formats = Formats(terminal.language)
        if action == "list":
            _list(terminal, here)
        elif not key:
            raise NoKeyNamed(action=action)
        elif action == "revoke":
            app.access.revoke_key(here, key)
            terminal.say(formats.say(REVOKED, prefix=key))
            terminal.result("key_revoked", {"prefix": key})
        elif not owner or not scope:
            raise NoOwner(name=key)
        else:
            made = app.access.create_key(here, app.access.account_named(here, owner).id, key, scope, days)
            terminal.say(formats.say(MADE, prefix=made.prefix, until=minute(made.expires_at)))
            terminal.say(made.text)
            until = made.expires_at.isoformat()
            terminal.result("key", {"prefix": made.prefix, "key": made.text, "expires_at": until})


def _list(terminal: Terminal, here: Workspace) -> None:
    found, formats, now = app.access.keys_with_owners(here), Formats(terminal.language), here.clock.now()
    rows = [
        (
            key.prefix,
            key.name,
            email,
            formats.enumerated(key.scopes),
            minute(key.last_used_at) if key.last_used_at else formats.say(NEVER),
            formats.say(_state(key, now)),
        )
        for key, email in found
    ]
    terminal.table(formats.say(_("Keys of programs")), rows, tuple(map(formats.say, HEADER)))
    if not found:
        terminal.say(formats.say(NO_KEYS))
    terminal.result("keys", {"keys": [_figures(key, email, now) for key, email in found]})


def _state(key: Key, now: datetime) -> str:
    if key.revoked_at is not None:
        return TAKEN_BACK
    return VALID if now < key.expires_at else OVER


def _figures(key: Key, email: str, now: datetime) -> dict[str, object]:
    used = key.last_used_at.isoformat() if key.last_used_at else None
    return {
        "prefix": key.prefix,
        "name": key.name,
        "owner": email,
        "scopes": list(key.scopes),
        "state": _state(key, now),
        "expires_at": key.expires_at.isoformat(),
        "last_used_at": used,
    }
