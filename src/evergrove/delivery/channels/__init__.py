"""Ways by which messages leave: e-mail, SMS, platforms, servers of the shop, its staff; and plugins."""

from evergrove.delivery.channels.base import Channel, ChannelBase
from evergrove.delivery.channels.memory import MemoryChannel

__all__ = ["Channel", "ChannelBase", "MemoryChannel"]
