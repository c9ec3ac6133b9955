"""Reports over HTTP: believed only with a fresh signature."""

from __future__ import annotations

import hmac
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from evergrove.access.errors import NotLetIn
from evergrove.core import InputError, _, reason_of

FRESH = timedelta(minutes=5)
TIME_HEADER, SIGNATURE_HEADER = "X-Evergrove-Time", "X-Evergrove-Signature"


class ReportNotSigned(NotLetIn):
    """A report without a signature, with a wrong one, or an old one."""

    code = "delivery.report_not_signed"
    message = _("This report is not signed, or not so that it can be believed.")
    hint = _("docs/links.md says how reports are signed; a signature holds for 5 minutes.")


class NoReportsSecret(InputError):
    """The file with the secret cannot be used."""

    code = "delivery.no_reports_secret"
    message = _("The secret that reports are signed with cannot be read from {file}: {reason}.")
    hint = _("Set reports_secret_file in [mail] to a file whose first line has 32 characters or more.")


LEAST = 32


def secret_in(file: str) -> bytes:
    """
    The secret that reports are signed with; empty where no file is named.

    Raises:
        NoReportsSecret: The file cannot be read, or its first line is too short to be one.
    """
    if not file:
        return b""
    try:
        found = Path(file).read_bytes().partition(b"\n")[0].strip()
    except OSError as error:
        raise NoReportsSecret(file=file, reason=reason_of(error)) from error
    if len(found) < LEAST:
        raise NoReportsSecret(file=file, reason="-")
    return found


def signature_of(secret: bytes, moment: str, body: bytes) -> str:
    """HMAC-SHA256 of the time, a dot and the body, in hexadecimal digits."""
    return hmac.new(secret, moment.encode() + b"." + body, sha256).hexdigest()


def check_signature(secret: bytes, moment: str, signature: str, body: bytes, now: datetime) -> None:
    """
    Let no report pass that nobody has signed in the last five minutes.

    Args:
        secret: Empty: nobody can sign.
        moment: Seconds since 1970, as the header says.
        signature: As the header says.
        body: As it was received, byte for byte.
        now: The present moment.

    Raises:
        ReportNotSigned: It is not.
    """
    is_number = moment.isascii() and moment.isdigit() and len(moment) <= len("99999999999")
    right = signature_of(secret, moment, body)
    if (
        not secret
        or not is_number
        or not hmac.compare_digest(right.encode(), signature.encode("utf-8", "replace"))
    ):
        raise ReportNotSigned
    if abs(now - datetime.fromtimestamp(int(moment), UTC)) > FRESH:
        raise ReportNotSigned
