"""What doctor asks of the Python and the OpenSSL below it; SQLite is the ledger's to judge."""

from __future__ import annotations

import platform
import ssl
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from evergrove.core import EvergroveWarning, _

if TYPE_CHECKING:
    from collections.abc import Iterator

OLDEST_OPENSSL = (3, 0)
"""openssl.org/policies/releasestrat.html: 1.1.1 has had no mends since September 2023."""
PROBE = " https://shop.example"


class OldPython(EvergroveWarning):
    """This Python has a hole that its makers have mended."""

    code = "pipeline.old_python"
    message = _("This Python ({version}) reads addresses that begin with a blank in a way that fools checks.")
    hint = _("Python 3.11.4 and later do not (CVE-2023-24329): bring it up to date.")


class OldOpenSsl(EvergroveWarning):
    """Connections are secured by a library that nobody mends any more."""

    code = "pipeline.old_openssl"
    message = _("This Python secures its connections by {version}, which gets no more mends.")
    hint = _("Use a Python that was built with OpenSSL 3 or later.")


def versions() -> Iterator[EvergroveWarning]:
    """What is too old; asked of what it does where that can be seen, for distributions mend without new numbers."""
    if urlsplit(PROBE).scheme != "https":
        yield OldPython(version=platform.python_version())
    if ssl.OPENSSL_VERSION_INFO < OLDEST_OPENSSL:
        yield OldOpenSsl(version=ssl.OPENSSL_VERSION)
