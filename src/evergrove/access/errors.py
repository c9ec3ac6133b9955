"""Why somebody is not let in, or not let do it, and the way out."""

from __future__ import annotations

from evergrove.core import EvergroveError, InputError, _


class NotLetIn(InputError):
    """Who asks is not known; a face answers 401."""

    exit_status = 3


class NotAllowed(InputError):
    """Who asks is known and may not; a face answers 403."""

    exit_status = 3


class WrongSignIn(NotLetIn):
    """Address and password do not go together; that the address is not known reads the same."""

    code = "access.wrong_sign_in"
    message = _("This address and this password do not go together.")
    hint = _("Try again, or ask an administrator for a new link.")


class TooManyAttempts(NotLetIn):
    """A limit on attempts or requests is reached; a face answers 429 with Retry-After."""

    code = "access.too_many_attempts"
    message = _("Too many attempts.")
    hint = _("Try again in {seconds} {seconds:second|seconds}.")


class SignInBusy(NotLetIn):
    """More passwords wait to be checked than memory allows; a face answers 503."""

    code = "access.busy"
    message = _("Too many people are signing in at this moment.")
    hint = _("Try again in a few seconds.")


class SignInNeeded(NotLetIn):
    """There is no log-in, or it has ended."""

    code = "access.sign_in_needed"
    message = _("Nobody is signed in, or the log-in has ended.")
    hint = _("Sign in again.")


class UnknownKey(NotLetIn):
    """A key is not known, has expired, was revoked, or its owner may no longer sign in."""

    code = "access.unknown_key"
    message = _("This key is not valid.")
    hint = _("evergrove keys list shows which keys are; a new one is made by evergrove keys create.")


class LinkUnusable(NotLetIn):
    """A one-time link is used, expired, or never was one; a face answers 400."""

    code = "access.link_unusable"
    message = _("This link was used already, has expired, or never was one.")
    hint = _("An administrator makes a new one: evergrove users reset EMAIL.")


class RightMissing(NotAllowed):
    """The right for it is missing."""

    code = "access.right_missing"
    message = _("This needs the right {right}.")
    hint = _("Roles {roles} have it. An administrator gives roles: evergrove users role EMAIL --role ROLE.")


class FieldMasked(NotAllowed):
    """A masked field is to be filtered or sorted by: the answer would tell what it holds."""

    code = "access.field_masked"
    message = _("{field} is masked, so nothing can be filtered or sorted by it.")
    hint = _("This needs the right {right}.")


class RequestForged(NotAllowed):
    """A change was asked for without the token of the log-in."""

    code = "access.request_forged"
    message = _("The request does not carry the token of this log-in.")
    hint = _("Load the page again and repeat it.")


class AdminExists(NotAllowed):
    """The first administrator is to be made, and there is one."""

    code = "access.admin_exists"
    message = _("There is an administrator already, so the set-up is closed.")
    hint = _("An administrator invites others: evergrove users invite EMAIL --role ROLE.")


class PersonNeeded(NotAllowed):
    """A key asks for what decides who may come in: that would outlive the key."""

    code = "access.person_needed"
    message = _("A key cannot do this: it decides who may come in, and would hold after the key has ended.")
    hint = _(
        "Somebody who is signed in does it, or whoever works at the machine: evergrove users, evergrove keys."
    )


class LastAdmin(NotAllowed):
    """Nobody could invite, disable or give roles afterwards."""

    code = "access.last_admin"
    message = _("This is the last administrator.")
    hint = _("Give somebody else the role first: evergrove users role EMAIL --role admin.")


class ScopeTooWide(NotAllowed):
    """A key is to do what its owner may not."""

    code = "access.scope_too_wide"
    message = _("A key cannot do more than its owner and its maker, who lack: {scopes}.")
    hint = _("Leave it out, or give the owner a role that has it; docs/reference/rights.md shows them all.")


class PasswordRefused(InputError):
    """A new password is too easy, or too long to be one."""

    code = "access.password_refused"
    message = _("A password has {least} to {most} characters, at least {different} different ones.")
    hint = _("Several words that have nothing to do with each other are easy to keep and hard to guess.")


class NotAnEmail(InputError):
    """What should name an account is no e-mail address."""

    code = "access.not_an_email"
    message = _("{given} is not an e-mail address.")
    hint = _("People sign in with their address: ada@shop.example.")


class AccountExists(InputError):
    """Somebody is invited who can sign in already."""

    code = "access.account_exists"
    message = _("{email} can sign in already, as {role}.")
    hint = _("evergrove users role gives another role, evergrove users reset a new password.")


class InvitedMeanwhile(AccountExists):
    """Two administrators let the same address in at one moment; one of them did."""

    code = "access.invited_meanwhile"
    message = _("Somebody else has given {email} an account at this very moment; yours was not made.")
    hint = _("evergrove users shows which role it has; evergrove users role gives another one.")


class NoSuchAccount(InputError):
    """No account has that address."""

    code = "access.no_such_account"
    message = _("Nobody signs in as {given}.")
    hint = _("evergrove users list shows everybody.")


class NoSuchKey(InputError):
    """No key begins like that."""

    code = "access.no_such_key"
    message = _("No key has the prefix {prefix}.")
    hint = _("evergrove keys list shows them all.")


class UnknownScope(InputError):
    """A scope is asked for that is no right."""

    code = "access.unknown_scope"
    message = _("No right is called {scopes}.")
    hint = _("Rights are: {known}.")


class UnknownRight(EvergroveError):
    """Code asks for a right that the table does not name: it would be nobody's, or everybody's."""

    code = "access.unknown_right"
    message = _("The table of rights does not name {right}.")
    hint = _("This is a mistake in Evergrove; please report it.")
