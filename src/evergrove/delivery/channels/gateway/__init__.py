"""Providers of messages over HTTP: one channel, and a profile for each provider."""

from evergrove.delivery.channels.gateway.channel import Around, GatewayChannel
from evergrove.delivery.channels.gateway.keys import Keys, LedgerKeys, MemoryKeys
from evergrove.delivery.channels.gateway.profile import (
    NoSuchProfile,
    Profile,
    ProfileProblem,
    load_profile,
    read_profile,
    shipped_profiles,
)

__all__ = [
    "Around",
    "GatewayChannel",
    "Keys",
    "LedgerKeys",
    "MemoryKeys",
    "NoSuchProfile",
    "Profile",
    "ProfileProblem",
    "load_profile",
    "read_profile",
    "shipped_profiles",
]
