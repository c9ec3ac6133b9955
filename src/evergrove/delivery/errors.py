"""Why nothing can be sent, and why one message cannot be written."""

from __future__ import annotations

from evergrove.core import EvergroveError, InputError, _


class NoMailServer(InputError):
    """No server was named."""

    code = "delivery.no_mail_server"
    message = _("No mail server is named.")
    hint = _("Set host in [mail]; docs/reference/settings.md lists what else a server may need.")


class NoSender(InputError):
    """The sender is not an address."""

    code = "delivery.no_sender"
    message = _("The sender {sender} is not an e-mail address.")
    hint = _("Set sender in [mail] to an address whose answers are read: customers are asked to reply.")

    def __init__(self, *, sender: str) -> None:
        super().__init__(sender=repr(sender))


class NoWayOut(InputError):
    """Marketing without a way to leave is not sent."""

    code = "delivery.no_way_out"
    message = _("Messages would leave without a way to unsubscribe.")
    hint = _("Set unsubscribe in [mail] to mailto:ADDRESS, or to an https: page.")


class InsecureServer(InputError):
    """Mail would cross a network in the open."""

    code = "delivery.insecure_server"
    message = _("With security = none in [mail], addresses would cross the network in the open to {host}.")
    hint = _("Choose starttls or tls; none is for a server on this very machine.")


class NoPassword(InputError):
    """The file of the password cannot be read, or is empty."""

    code = "delivery.no_password"
    message = _("The password for {user} cannot be read from {file}: {reason}.")
    hint = _("Set password_file in [mail] to a file whose first line is the password.")


class AccountProblem(EvergroveError):
    """Not one message but all of them: the run stops, and what waits keeps waiting."""


class ServerAway(AccountProblem):
    """The server does not answer, or not now."""

    code = "delivery.server_away"
    message = _("The mail server {host} does not take mail now: {reason}.")
    hint = _("The messages stay queued. Check host and port in [mail], then send again.")


class ServerInTheOpen(AccountProblem):
    """The server offers no encryption: perhaps somebody in between has removed the offer."""

    code = "delivery.server_in_the_open"
    message = _("The mail server {host} does not offer to encrypt the connection.")
    hint = _(
        "Nothing was sent. Check port and security in [mail]; if they are right, ask the server's operator."
    )


class ServerNotProven(AccountProblem):
    """The certificate is not one of this server, or encryption cannot be agreed on."""

    code = "delivery.server_not_proven"
    message = _("The mail server {host} cannot prove that it is {host}: {reason}.")
    hint = _("Nothing was sent. Is host in [mail] the name that stands in the server's certificate?")


class SignInRefused(AccountProblem):
    """User or password are wrong, or the server wants another way."""

    code = "delivery.sign_in_refused"
    message = _("The mail server {host} refuses the sign-in of {user} (code {reply}).")
    hint = _("The messages stay queued. Check user and password_file in [mail].")


class SenderRefused(AccountProblem):
    """The server does not let this address send."""

    code = "delivery.sender_refused"
    message = _("The mail server {host} takes no mail from {sender} (code {reply}).")
    hint = _("The messages stay queued. Is sender in [mail] an address that this account may use?")


class RefusesAll(AccountProblem):
    """One message after the other is refused, for what has nothing to do with its address."""

    code = "delivery.refuses_all"
    message = _("The server for {channel} refused {count} messages one after the other (last code {reply}).")
    hint = _("The rest stays queued. Ask the server's operator why, before more of the list is used up.")


class PutsOffAll(AccountProblem):
    """One message after the other is put off."""

    code = "delivery.puts_off_all"
    message = _("The server for {channel} put off {count} messages one after the other (last code {reply}).")
    hint = _("They and the rest stay queued. Send again later.")


class AnswersNothing(AccountProblem):
    """One message after the other is taken without an answer."""

    code = "delivery.answers_nothing"
    message = _("The server for {channel} took {count} messages one after the other without an answer.")
    hint = _("They stand as unknown and are not sent again by themselves. Look them up in the server's log.")


class TemplateProblem(EvergroveError):
    """A message that cannot be written."""

    code = "delivery.template_problem"
    message = _("The template {template} ({language}) cannot be written: {reason}.")
    hint = _("Put the template right, or pause the playbook that uses it.")


class NoTemplate(TemplateProblem):
    """There is no such template, or not in this language."""

    code = "delivery.no_template"
    message = _("There is no template {template} in {language}.")


class MissingValue(TemplateProblem):
    """A template needs a value that was not given."""

    code = "delivery.missing_value"
    message = _("The template {template} ({language}) needs a value that is missing: {name}.")


class UnsafeSubject(TemplateProblem):
    """A subject that is empty, too long, or not one line."""

    code = "delivery.unsafe_subject"
    message = _("The subject of the template {template} ({language}) is empty, too long or not one line.")
