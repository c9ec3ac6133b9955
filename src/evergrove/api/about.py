"""``/v1/about``: what answers here."""

from __future__ import annotations

from pydantic import Field

from evergrove.app import access as people
from evergrove.core import __version__
from evergrove.http import Answer, Routes, ThisCall

routes = Routes(tag="about")


class About(Answer):
    """What answers here."""

    name: str = Field(examples=["Evergrove"])
    version: str = Field(examples=["0.9.0"])
    api: str = Field(description="The version that stands in every path.", examples=["v1"])
    is_set_up: bool = Field(
        description="Whether there is an administrator; before that, only the first link opens."
    )


@routes.get("/about", public="Whoever writes a client must see whether it speaks to the right service.")
def about(call: ThisCall) -> About:
    """Name and version of what answers here, and whether anybody can sign in."""
    return About(name="Evergrove", version=__version__, api="v1", is_set_up=people.is_set_up(call.here))
