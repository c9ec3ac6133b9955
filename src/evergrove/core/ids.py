"""Names for rows that come out the same each time the same thing is named."""

from __future__ import annotations

from hashlib import sha256


def stable_id(kind: str, *parts: object) -> str:
    """
    A name made of what it names: writing the same row again meets the row already there.

    Args:
        kind: What is named, such as "outbox": equal parts of two kinds get two names.
        parts: What tells this row from every other of its kind; compared by their text.

    Returns:
        32 hexadecimal digits.
    """
    named = "".join(f"{len(part)}:{part}" for part in (kind, *map(str, parts)))
    return sha256(named.encode()).hexdigest()[:32]
