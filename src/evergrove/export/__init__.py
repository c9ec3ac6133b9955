"""What a person takes away: tables, workbooks and lists, in a folder replaced whole or not at all."""

from typing import TYPE_CHECKING

from evergrove.core.lazy import loader
from evergrove.export.customers import CUSTOMER_COLUMNS, customers_query, write_parquet
from evergrove.export.folder import check_replaceable, files_in, replaced
from evergrove.export.lists import CustomerList, cut_short, write_list
from evergrove.export.spreadsheet import WORKBOOK_ROWS, write_csv, write_workbook
from evergrove.export.types import Column, FolderNotWritable, ForeignFiles

if TYPE_CHECKING:
    from evergrove.export.placed import tiers_of, tiers_query
    from evergrove.export.states import (
        SCORE_COLUMNS,
        TIER_COLUMNS,
        TRANSITION_COLUMNS,
        scores_query,
        transitions_query,
    )

__all__ = [
    "CUSTOMER_COLUMNS",
    "SCORE_COLUMNS",
    "TIER_COLUMNS",
    "TRANSITION_COLUMNS",
    "WORKBOOK_ROWS",
    "Column",
    "CustomerList",
    "FolderNotWritable",
    "ForeignFiles",
    "check_replaceable",
    "customers_query",
    "cut_short",
    "files_in",
    "replaced",
    "scores_query",
    "tiers_of",
    "tiers_query",
    "transitions_query",
    "write_csv",
    "write_list",
    "write_parquet",
    "write_workbook",
]

__getattr__ = loader(
    globals(),
    dict.fromkeys(
        (
            "SCORE_COLUMNS",
            "TIER_COLUMNS",
            "TRANSITION_COLUMNS",
            "scores_query",
            "transitions_query",
        ),
        "evergrove.export.states",
    )
    | dict.fromkeys(("tiers_of", "tiers_query"), "evergrove.export.placed"),
)
