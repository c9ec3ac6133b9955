"""The seeded shop and the published processes, simulated with known truth."""

from evergrove.simulation.closeness import Closeness, ForeignCustomers, compare_with_truth
from evergrove.simulation.day_rows import DayOrders
from evergrove.simulation.effects import TrueEffect
from evergrove.simulation.export import UnknownFormat, write_orders, write_truth
from evergrove.simulation.living import LivingShop
from evergrove.simulation.living_types import (
    Coupon,
    DayIsOver,
    Delivery,
    LivingOptions,
    NoSuchDay,
    UnknownRecipient,
)
from evergrove.simulation.processes import (
    Histories,
    simulate_bg_nbd,
    simulate_mbg_nbd,
    simulate_pareto_nbd,
    simulate_spend,
)
from evergrove.simulation.response import NO_EFFECT, ONLY_PULLED, ONLY_SUBSIDY, Responses
from evergrove.simulation.shop import simulate_shop
from evergrove.simulation.types import InvalidOption, Shop, ShopOptions, Truth

__all__ = [
    "NO_EFFECT",
    "ONLY_PULLED",
    "ONLY_SUBSIDY",
    "Closeness",
    "Coupon",
    "DayIsOver",
    "DayOrders",
    "Delivery",
    "ForeignCustomers",
    "Histories",
    "InvalidOption",
    "LivingOptions",
    "LivingShop",
    "NoSuchDay",
    "Responses",
    "Shop",
    "ShopOptions",
    "TrueEffect",
    "Truth",
    "UnknownFormat",
    "UnknownRecipient",
    "compare_with_truth",
    "simulate_bg_nbd",
    "simulate_mbg_nbd",
    "simulate_pareto_nbd",
    "simulate_shop",
    "simulate_spend",
    "write_orders",
    "write_truth",
]
