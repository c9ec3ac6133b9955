"""What Alembic runs around the steps: on the connection that it was handed, in the caller's transaction."""  # noqa: INP001 - Alembic loads it by its path

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from alembic import context
from sqlalchemy.types import TypeDecorator

from evergrove.ledger.base import metadata

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext


def stored(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Write a column type as what is stored: a step must mean the same when our types have changed."""
    return f"sa.{item.impl_instance!r}" if kind == "type" and isinstance(item, TypeDecorator) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_item=stored,
    render_as_batch=True,  # SQLite alters tables by copying them
    transactional_ddl=True,  # in SQLite too: we begin transactions ourselves
    compare_type=True,
    compare_server_default=True,
)
context.run_migrations()
