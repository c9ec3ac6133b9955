"""The seeded shop and the published processes, simulated with known truth."""

from evergrove.simulation.closeness import Closeness, ForeignCustomers, compare_with_truth
from evergrove.simulation.export import UnknownFormat, write_orders, write_truth
from evergrove.simulation.processes import (
    Histories,
    simulate_bg_nbd,
    simulate_mbg_nbd,
    simulate_pareto_nbd,
    simulate_spend,
)
from evergrove.simulation.shop import simulate_shop
from evergrove.simulation.types import InvalidOption, Shop, ShopOptions, Truth

__all__ = [
    "Closeness",
    "ForeignCustomers",
    "Histories",
    "InvalidOption",
    "Shop",
    "ShopOptions",
    "Truth",
    "UnknownFormat",
    "compare_with_truth",
    "simulate_bg_nbd",
    "simulate_mbg_nbd",
    "simulate_pareto_nbd",
    "simulate_shop",
    "simulate_spend",
    "write_orders",
    "write_truth",
]
