"""Whether a row is an order or a line of one, and whether its amount is the line's or the whole order's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evergrove.ingest.types import Grain

_MANY = 0.3
_NEARLY_ALL = 0.95
_LINES_WITHOUT_PRODUCT = 0.2
_ENOUGH_ORDERS = 3
_TOTAL_WORDS = ("total", "order", "总", "總", "订单", "訂單", "合计", "合計")


@dataclass(frozen=True)
class Shape:
    """What the repeated order ids of a file look like; counts of orders, see ``sql/order_shape.sql``."""

    repeating: int = 0
    products_vary: int = 0
    amounts_vary: int = 0
    amounts_constant: int = 0
    refunds_constant: int = 0
    refunds_vary: int = 0
    blank_followers: int = 0
    line_amounts: int = 0


@dataclass(frozen=True)
class GrainFound:
    """The grain of a file, and which of its columns repeat the order's total on each line."""

    grain: Grain = "order"
    amount_is_total: bool = False
    refund_is_total: bool = False


def find_grain(
    shape: Shape, orders: int, amount_header: str, *, has_product: bool, has_price: bool
) -> GrainFound:
    """
    Decide by what varies inside repeated orders.

    Lines differ in product, or leave blank what the order's first row says. Without a product column,
    different amounts of one customer and day are lines only when many orders have them; in a few they are
    conflicts. An amount that is the same on all lines of (nearly) all orders is the order's total, unless it
    is quantity x price.

    Args:
        shape: Counts of repeated orders.
        orders: All orders of the file.
        amount_header: Header of the amount column, empty without one.
        has_product: Whether a column tells products or lines.
        has_price: Whether quantity and price are there.
    """
    repeating = shape.repeating
    differs = shape.products_vary > _MANY * repeating or shape.blank_followers > _MANY * repeating
    many = max(10, _LINES_WITHOUT_PRODUCT * orders)
    if not differs and (has_product or shape.amounts_vary < many):
        return GrainFound()
    full = repeating - shape.blank_followers
    constant = bool(full) and shape.amounts_constant >= _NEARLY_ALL * full
    says_total = any(word in amount_header.lower() for word in _TOTAL_WORDS)
    believable = constant and (shape.amounts_constant >= _ENOUGH_ORDERS or says_total or has_price)
    is_total = bool(amount_header) and believable and shape.line_amounts < _MANY * full
    return GrainFound("line", is_total, shape.refunds_constant > shape.refunds_vary)
