"""What a person takes away: tables, workbooks and lists, in a folder replaced whole or not at all."""

from evergrove.export.customers import CUSTOMER_COLUMNS, customers_query, write_parquet
from evergrove.export.folder import check_replaceable, files_in, replaced
from evergrove.export.lists import CustomerList, cut_short, write_list
from evergrove.export.spreadsheet import WORKBOOK_ROWS, write_csv, write_workbook
from evergrove.export.types import Column, FolderNotWritable, ForeignFiles

__all__ = [
    "CUSTOMER_COLUMNS",
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
    "write_csv",
    "write_list",
    "write_parquet",
    "write_workbook",
]
