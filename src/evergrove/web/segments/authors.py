"""Who did something, as far as whoever asks may know it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.api import users
from evergrove.core import InputError, _
from evergrove.web.frame import allowed, ask, reader_of

if TYPE_CHECKING:
    from evergrove.http import Call

USER, KEY = "user:", "key:"
YOU, COLLEAGUE, PROGRAM, MACHINE, NOT_KNOWN = (
    _("you"),
    _("a colleague"),
    _("a program, with the key {prefix}"),
    _("at the machine"),
    _("not known"),
)


def author_of(call: Call, by: str) -> str:
    """
    Who wrote something, in words; an address only for those who may see the list of users.

    Args:
        call: Of the request.
        by: As the audit trail names them; empty where it does not.
    """
    say = reader_of(call).formats.say
    if by and by == call.by:
        return say(YOU)
    if by.startswith(USER):
        return _address(call, by.removeprefix(USER)) or say(COLLEAGUE)
    if by.startswith(KEY):
        return say(PROGRAM, prefix=by.removeprefix(KEY))
    return say(MACHINE) if by else say(NOT_KNOWN)


def _address(call: Call, account_id: str) -> str:
    if not allowed(call, users.user):
        return ""
    try:
        return str(ask(call, users.user, account_id=account_id).email or "")
    except InputError:  # the account is gone
        return ""
