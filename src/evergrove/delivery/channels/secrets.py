"""Secrets of channels: each in a file of its own, never in a setting."""

from __future__ import annotations

from pathlib import Path

from evergrove.core import reason_of
from evergrove.delivery.channels.errors import NoChannelSecret


def read_secret(file: str, channel: str, name: str, section: str) -> str:
    """
    The first line of a file.

    Args:
        file: As the settings name it.
        channel: Whose secret it is.
        name: Of the setting.
        section: Of the settings.

    Raises:
        NoChannelSecret: It cannot be read, or is empty.
    """
    place = {"channel": channel, "file": file or "-", "name": name, "section": section}
    try:
        text = Path(file).read_text(encoding="utf-8") if file else ""
    except OSError as error:
        raise NoChannelSecret(reason=reason_of(error), **place) from error
    except UnicodeDecodeError as error:
        raise NoChannelSecret(reason="UTF-8", **place) from error
    secret = text.partition("\n")[0].strip("\r")
    if not secret:
        raise NoChannelSecret(reason="-", **place)
    return secret
