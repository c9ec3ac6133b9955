"""What all pages share: their routes, the frame around them, forms, tables, blocks with charts, and errors."""

from evergrove.web.frame.asking import allowed, ask
from evergrove.web.frame.blocks import Block, downloads, number_in
from evergrove.web.frame.forms import BLANK, Form, Refused, ThisForm
from evergrove.web.frame.pages import Pages
from evergrove.web.frame.render import Reader, fragment, page, query, reader_of, redirect
from evergrove.web.frame.tables import Column, Table, download
from evergrove.web.frame.told import Told

__all__ = [
    "BLANK",
    "Block",
    "Column",
    "Form",
    "Pages",
    "Reader",
    "Refused",
    "Table",
    "ThisForm",
    "Told",
    "allowed",
    "ask",
    "download",
    "downloads",
    "fragment",
    "number_in",
    "page",
    "query",
    "reader_of",
    "redirect",
]
