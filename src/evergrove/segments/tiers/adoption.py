"""Policies of a workspace: those that Evergrove brings, files of one's own, and what was adopted when."""

from __future__ import annotations

import hashlib
import json
import tomllib
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from evergrove.audit import note, subject
from evergrove.core import NotToml, read_toml
from evergrove.segments.tiers.documents import SETTINGS, policy_document, read_policy
from evergrove.segments.tiers.errors import UnknownPolicy, UnreadablePolicy
from evergrove.segments.tiers.tables import tier_policy

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from evergrove.segments.tiers.policy import TierPolicy

SHIPPED = ("default", "three_tiers")


@dataclass(frozen=True)
class Adopted:
    """
    One adoption.

    Attributes:
        name: Of the policy; ``SETTINGS`` for going back to the settings.
        version: Counted by name.
        sha256: Of the document; "" without one.
        adopted_at: When.
    """

    name: str
    version: int
    sha256: str
    adopted_at: datetime


def shipped_text(name: str) -> str:
    """The file of a policy that Evergrove brings, to start one's own from."""
    return files("evergrove.segments.tiers").joinpath("policies", f"{name}.toml").read_text(encoding="utf-8")


def policy_named(wanted: str) -> TierPolicy | None:
    """
    A policy by the name under which Evergrove brings it, or from a file; None for that of the settings.

    Raises:
        UnknownPolicy: Neither.
        InvalidTierPolicy: It cannot be used; the subclass says why.
    """
    if wanted == SETTINGS:
        return None
    if wanted in SHIPPED:
        return read_policy(tomllib.loads(shipped_text(wanted)), wanted)
    path = Path(wanted)
    try:
        document, _text = read_toml(path)
    except FileNotFoundError as error:
        raise UnknownPolicy(name=wanted, known=(*SHIPPED, SETTINGS)) from error
    except NotToml as error:
        raise UnreadablePolicy(origin=wanted, reason=error.reason) from error
    return read_policy(document, wanted)


def adopt(connection: Connection, policy: TierPolicy | None, now: datetime, *, by: str = "cli") -> Adopted:
    """
    Let a policy rule from the next night on; adopting again what rules already changes nothing.

    Args:
        connection: Of a ``writing`` block.
        policy: None goes back to the settings.
        now: When.
        by: Who does it, as the audit trail names them.
    """
    name = SETTINGS if policy is None else policy.name
    document = None if policy is None else policy_document(replace(policy, version=0))
    sha256 = "" if document is None else _digest(document)
    last = newest_adopted(connection)
    if (last is None and policy is None) or (last is not None and (last.name, last.sha256) == (name, sha256)):
        return last or Adopted(SETTINGS, 0, "", now)
    version = 1 + int(
        connection.execute(
            select(func.coalesce(func.max(tier_policy.c.version), 0)).where(tier_policy.c.name == name)
        ).scalar_one()
    )
    stored = None if document is None else {**document, "version": version}
    row = {"name": name, "version": version, "sha256": sha256, "document": stored, "adopted_at": now}
    connection.execute(tier_policy.insert().values(row))
    said = {"version": version, "sha256": sha256}
    note(connection, "segments.policy_adopted", by, subject("tier_policy", name), said, at=now)
    return Adopted(name, version, sha256, now)


def newest_adopted(connection: Connection) -> Adopted | None:
    """The adoption that rules; None before any."""
    rows = adoptions(connection)
    return rows[-1] if rows else None


def adoptions(connection: Connection) -> tuple[Adopted, ...]:
    """Every adoption, the oldest first."""
    columns = (tier_policy.c.name, tier_policy.c.version, tier_policy.c.sha256, tier_policy.c.adopted_at)
    return tuple(Adopted(*row) for row in connection.execute(select(*columns).order_by(tier_policy.c.id)))


def adopted_policy(connection: Connection) -> TierPolicy | None:
    """The policy that rules; None: that of the settings."""
    newest = select(tier_policy.c.document).order_by(tier_policy.c.id.desc()).limit(1)
    document: dict[str, Any] | None = connection.execute(newest).scalar_one_or_none()
    return None if document is None else read_policy(document)


def tiers_ever(connection: Connection) -> tuple[str, ...]:
    """Keys of the tiers of every policy that was ever adopted, each once: what was said of one stays readable."""
    documents = connection.execute(select(tier_policy.c.document).order_by(tier_policy.c.id)).scalars()
    policies = [read_policy(document) for document in documents if document is not None]
    return tuple(dict.fromkeys(tier.key for policy in policies for tier in policy.tiers))


def _digest(document: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(document, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
