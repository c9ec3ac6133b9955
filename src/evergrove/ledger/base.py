"""The one list of tables, in which each station registers its own; every constraint has a name."""

from __future__ import annotations

from sqlalchemy import MetaData

metadata = MetaData(
    # Migrations can only change what has a name, and the two databases invent different ones.
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)
"""``Table("name", metadata, ...)`` in a station's ``tables.py`` puts a table into the ledger."""
