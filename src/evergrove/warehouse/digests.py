"""One fingerprint for the content of a table, however its rows and columns happen to be ordered."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from evergrove.warehouse.engine import Engine


def digest(table: Any) -> str:
    """
    The SHA-256 of a table's content: names, types and every value, to the last bit.

    Columns are taken by name and rows sorted by all of them, so that a table that was read, written or computed
    again has the same digest exactly when it says the same.

    Args:
        table: An Arrow table, or what ``pyarrow.table`` takes (numpy columns by name); with a column at least.
    """
    arrow = table if isinstance(table, pa.Table) else pa.table(table)
    names = sorted(arrow.column_names)
    if len(set(names)) != len(names):
        message = f"a column's name occurs twice: {', '.join(names)}"
        raise ValueError(message)
    plain = pa.table({name: _plain(arrow[name]) for name in names})
    found = sha256()
    # Any fixed order of the keys will do; one that tells rows apart at once is the quickest.
    keys = sorted(names, key=lambda name: (name != "customer_id", name))
    order = pc.sort_indices(plain, sort_keys=[(name, "ascending") for name in keys])
    for name in names:
        column = plain[name].take(order).combine_chunks()
        found.update(f"{len(name)}:{name}:{column.type}:{len(column)}:".encode())
        for part in _bytes_of(column):
            found.update(part)
    return found.hexdigest()


def digest_of(engine: Engine, query: str) -> str:
    """The digest of what a query gives."""
    return digest(engine.arrow(query))


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column in the one form that its values have: long texts, no dictionaries, no negative zero."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_string(column.type) or pa.types.is_string_view(column.type):
        return column.cast(pa.large_string())
    if pa.types.is_floating(column.type):
        return pc.add(column, pa.scalar(0.0, column.type))
    return column


def _bytes_of(column: pa.Array) -> list[bytes]:
    """Which values there are, and the values; what stands under a NULL is not looked at."""
    valid = np.packbits(np.asarray(column.is_valid()))
    if pa.types.is_large_string(column.type):
        filled = column.fill_null("")
        lengths = np.asarray(pc.binary_length(filled))
        return [valid.tobytes(), lengths.tobytes(), b"".join(_texts(filled))]
    if pa.types.is_decimal(column.type):
        return _bytes_of(column.cast(pa.large_string()))
    if pa.types.is_boolean(column.type):
        return [valid.tobytes(), np.asarray(column.cast(pa.int8()).fill_null(0)).tobytes()]
    numbers = column if pa.types.is_floating(column.type) else column.view(_whole(column.type))
    return [valid.tobytes(), np.asarray(numbers.fill_null(0)).tobytes()]


def _whole(kind: pa.DataType) -> pa.DataType:
    """Days and moments are whole numbers underneath."""
    return {32: pa.int32(), 64: pa.int64()}[kind.bit_width] if pa.types.is_temporal(kind) else kind


def _texts(column: pa.Array) -> list[bytes]:
    """The bytes of all texts, one after the other."""
    _validity, offsets, values = column.buffers()
    ends = np.frombuffer(offsets, dtype=np.int64)[column.offset : column.offset + len(column) + 1]
    return [memoryview(values)[ends[0] : ends[-1]].tobytes()] if values is not None and len(column) else []
