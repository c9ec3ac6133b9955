"""``/v1/me``: who asks, and what they may do."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from evergrove.access import RIGHTS
from evergrove.http import Answer, Routes, ThisCall

routes = Routes(tag="me")


class Me(Answer):
    """Whoever asks."""

    account_id: str = Field(
        description="Random; names nobody.", examples=["0f8fad5bd9cb469fa16570867728950e"]
    )
    by: Literal["login", "key"] = Field(description="How they showed who they are.")
    key: str | None = Field(description="Prefix of the key, where it was one.", examples=["evg_3f9c02a41b7d"])
    rights: list[str] = Field(description="What they may do now.", examples=[["customers.read"]])


@routes.get("/me", known="Whoever is known may see what they are allowed to.")
def me(call: ThisCall) -> Me:
    """Who asks, and what they may do at this moment."""
    actor = call.actor
    return Me(
        account_id=actor.account_id or "",
        by="key" if actor.by == "key" else "login",
        key=actor.through or None,
        rights=[name for name in RIGHTS if name in actor.rights],
    )
