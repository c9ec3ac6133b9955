"""What was published, read a page at a time from a snapshot that is held, with live rows laid over."""

from evergrove.reading.card import Card, customer_card
from evergrove.reading.customers import Asked, CustomersPage, count_customers, customers_page
from evergrove.reading.errors import SnapshotGone, UnknownColumn, UnknownCustomer, UnknownImport, UnknownRun
from evergrove.reading.imports import import_at, imports_page, rejected_page
from evergrove.reading.moves import MovesAsked, MovesPage, counted_moves, moves_page
from evergrove.reading.orders import orders_of
from evergrove.reading.runs import run_at, runs_page
from evergrove.reading.segments import changes_page, count_where, members_page
from evergrove.reading.shelf import Reader, View
from evergrove.reading.warming import kept_warm

__all__ = [
    "Asked",
    "Card",
    "CustomersPage",
    "MovesAsked",
    "MovesPage",
    "Reader",
    "SnapshotGone",
    "UnknownColumn",
    "UnknownCustomer",
    "UnknownImport",
    "UnknownRun",
    "View",
    "changes_page",
    "count_customers",
    "count_where",
    "counted_moves",
    "customer_card",
    "customers_page",
    "import_at",
    "imports_page",
    "kept_warm",
    "members_page",
    "moves_page",
    "orders_of",
    "rejected_page",
    "run_at",
    "runs_page",
]
