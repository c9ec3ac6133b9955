"""``evergrove users``: who may sign in, with which role; a link to hand over, shown once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from evergrove import app
from evergrove.cli.options import HERE, Debug, In, Json, Lang, Quiet
from evergrove.cli.workspace import at_work, say_next
from evergrove.core import InputError, _
from evergrove.text import Formats

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.access import Account, Link
    from evergrove.app import Workspace
    from evergrove.cli.terminal import Terminal

INVITED = _("{email} is invited as {role}.")
RESET = _("{email} may choose a new password.")
HAND_OVER = _("This link opens once, until {until}; it is shown only now:")
ROLE_GIVEN = _("{email} has the role {role} from now on; log-ins held so far have ended.")
SEES = _("Personal data are shown to {email} as they are.")
DISABLED = _("{email} can sign in no more: log-ins, links and keys have ended.")
NOBODY = _("Nobody may sign in yet.")
HEADER = (_("address"), _("role"), _("state"), _("personal data"), _("since"))
STATES = {"invited": _("invited"), "active": _("active"), "disabled": _("disabled")}
SHOWN, MASKED = _("shown"), _("masked")

RoleName = Literal["viewer", "marketer", "analyst", "admin"]


class NoEmail(InputError):
    """It is not said whom the command is about."""

    code = "cli.no_email"
    message = _("Whose account is meant is not said.")
    hint = _("Like this: evergrove users {action} ada@shop.example")


class NoRole(InputError):
    """A role is to be given, and it is not said which."""

    code = "cli.no_role"
    message = _("Which role {email} gets is not said.")
    hint = _("One of: viewer, marketer, analyst, admin. Like this: --role analyst")


def users(
    action: Annotated[
        Literal["list", "invite", "role", "reset", "disable"],
        typer.Argument(help="invite and reset print a link that opens once."),
    ] = "list",
    email: Annotated[str, typer.Argument(help="Address with which they sign in.")] = "",
    role: Annotated[
        RoleName | None, typer.Option("--role", help="For invite and role: what they may do.")
    ] = None,
    personal: Annotated[
        bool | None,
        typer.Option(
            "--personal/--no-personal", help="Show them personal data as they are, beside their role."
        ),
    ] = None,
    workspace: In = HERE,
    lang: Lang = None,
    machine: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Invite people, list them, give roles, let them choose a new password, or let them sign in no more."""
    with at_work(workspace, lang, machine=machine, quiet=quiet, debug=debug) as (here, terminal):
        if action == "list":
            _list(terminal, here, workspace)
        elif not email:
            raise NoEmail(action=action)
        elif action in ("invite", "role"):
            if role is None:
                raise NoRole(email=email)
            act = _invite if action == "invite" else _role
            act(terminal, here, email, role, personal)
        elif action == "reset":
            address, link = app.access.reset(here, app.access.account_named(here, email).id)
            _hand_over(terminal, _said(terminal, RESET, email=email), address, link)
        else:
            app.access.disable(here, app.access.account_named(here, email).id)
            terminal.say(_said(terminal, DISABLED, email=email))
            terminal.result("user_disabled", {"email": email})


def _invite(terminal: Terminal, here: Workspace, email: str, role: RoleName, personal: bool | None) -> None:
    address, link = app.access.invite(here, email, role, sees_personal=bool(personal))
    _hand_over(terminal, _said(terminal, INVITED, email=email, role=role), address, link)


def _role(terminal: Terminal, here: Workspace, email: str, role: RoleName, personal: bool | None) -> None:
    found = app.access.change(
        here, app.access.account_named(here, email).id, role=role, sees_personal=personal
    )
    terminal.say(_said(terminal, ROLE_GIVEN, email=found.email, role=role))
    if found.sees_personal:
        terminal.say(_said(terminal, SEES, email=found.email))
    terminal.result("user_role", _figures(found))


def _list(terminal: Terminal, here: Workspace, folder: Path) -> None:
    found, formats = app.access.accounts(here), Formats(terminal.language)
    rows = [
        (
            each.email,
            each.role,
            formats.say(STATES[each.status]),
            formats.say(SHOWN if _sees(each) else MASKED),
            minute(each.created_at),
        )
        for each in found
    ]
    terminal.table(formats.say(_("Who may sign in")), rows, tuple(map(formats.say, HEADER)))
    if not found:
        terminal.say(formats.say(NOBODY))
        say_next(terminal, folder, "users invite EMAIL --role admin")
    terminal.result("users", {"users": [_figures(each) for each in found]})


def _hand_over(terminal: Terminal, says: str, address: str, link: Link) -> None:
    terminal.say(says)
    terminal.say(_said(terminal, HAND_OVER, until=minute(link.expires_at)))
    terminal.say(address)
    terminal.result("user_link", {"link": address, "expires_at": link.expires_at.isoformat()})


def _sees(one: Account) -> bool:
    return one.sees_personal or one.role == "admin"


def _figures(one: Account) -> dict[str, object]:
    return {
        "email": one.email,
        "role": one.role,
        "state": one.status,
        "sees_personal": _sees(one),
        "created_at": one.created_at.isoformat(),
    }


def _said(terminal: Terminal, sentence: str, **fields: object) -> str:
    return Formats(terminal.language).say(sentence, **fields)


def minute(moment: datetime) -> str:
    """A moment for people, to the minute."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
