"""What a request can get wrong in its manners, whatever it asks for."""

from __future__ import annotations

from evergrove.access.errors import NotAllowed, NotLetIn
from evergrove.core import EvergroveError, InputError, _


class OurMistake(EvergroveError):
    """An error that nobody foresaw; a face answers 500."""

    code = "http.our_mistake"
    message = _("Evergrove made a mistake of its own.")
    hint = _("What is stored is whole. The log names the place under this request's id.")


class NoSuchPlace(InputError):
    """No route has this path."""

    code = "http.no_such_place"
    message = _("There is nothing under this path.")
    hint = _("The paths there are stand in /docs and /openapi.json.")


class WrongMethod(InputError):
    """The path is there, and does not take this method."""

    code = "http.wrong_method"
    message = _("This path does not take {method}.")
    hint = _("It takes: {allowed}.")


class MalformedBody(InputError):
    """The body is not what its Content-Type says."""

    code = "http.malformed_body"
    message = _("The body cannot be read as {kind}.")
    hint = _("Send Content-Type: application/json, and one JSON value in UTF-8.")


class InvalidRequest(InputError):
    """Some values of the request cannot be used; each is named beside it."""

    code = "http.invalid_request"
    message = _("{count} {count:value of the request cannot|values of the request cannot} be used.")
    hint = _("The list errors names each one and what it should be.")


class BodyTooLarge(InputError):
    """A body is longer than this path takes."""

    code = "http.body_too_large"
    message = _("The body is longer than {most} bytes.")
    hint = _("Send it in parts.")


class HeadTooLarge(InputError):
    """The request line and its headers are longer than we read."""

    code = "http.head_too_large"
    message = _("The address and the headers of the request are too long, or too many.")
    hint = _("All headers together may have {most} bytes, and an address {parameters} parameters.")


class TooSlow(InputError):
    """The body did not come in time."""

    code = "http.too_slow"
    message = _("The body did not come in time.")
    hint = _("Send it again; nothing was changed.")


class NoCredentials(NotLetIn):
    """Who asks does not say who they are."""

    code = "http.no_credentials"
    message = _("This needs a key or a log-in.")
    hint = _("Send the header Authorization: Bearer KEY. evergrove keys create makes a key.")


class KeyInAddress(NotLetIn):
    """A key stands in the query string, where logs and histories keep it."""

    code = "http.key_in_address"
    message = _("A key does not belong into an address: addresses are kept in logs.")
    hint = _("Send it as the header Authorization: Bearer KEY; and revoke this one: evergrove keys revoke.")


class ForeignOrigin(NotAllowed):
    """A page of another site asks for a change with the log-in of this one."""

    code = "http.foreign_origin"
    message = _("The request comes from a page of another site.")
    hint = _("If it is your own, name its address as base_url in the section [access] of evergrove.toml.")


class NotSecure(NotAllowed):
    """Somebody would sign in over an open line."""

    code = "http.not_secure"
    message = _("Nobody signs in over a line that others can read.")
    hint = _("Use https: docs/serve.md shows how to put a proxy before the service.")
