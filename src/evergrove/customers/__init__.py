"""From orders to one row per customer: what every later station knows of a customer's past."""

from evergrove.customers.origins import WindowOutOfData, at_origin
from evergrove.customers.service import summarise
from evergrove.customers.types import CustomerBase, Flow, Origin

__all__ = ["CustomerBase", "Flow", "Origin", "WindowOutOfData", "at_origin", "summarise"]
