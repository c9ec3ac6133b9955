"""The confined child: opens one file that a stranger sent and writes down its texts. ``python -m evergrove.ingest.sources.reader``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evergrove.core import EvergroveError, Term
from evergrove.core.confinement import OUT_OF_MEMORY, Limits, confine

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from evergrove.ingest.sources.batches import Fault, Source

_RAW_BATCH = 20_000
_ENGINE_MB = 512


def main(question: str) -> int:
    """Answer the request that stands in a file; the exit status."""
    request = json.loads(Path(question).read_text("utf-8"))
    confine(Limits(**request["limits"]))
    try:
        answer = _VERBS[request["verb"]](request)
    except EvergroveError as error:
        answer = {"error": _told(error)}
    except MemoryError:
        return OUT_OF_MEMORY
    sys.stdout.write(json.dumps(answer))
    return 0


def _told(said: Any) -> dict[str, Any]:
    params = {
        name: {"term": str(value)}
        if isinstance(value, Term)
        else value
        if isinstance(value, str | int | float)
        else str(value)
        for name, value in said.params.items()
    }
    return {"code": said.code, "params": params}


def _open(request: dict[str, Any]) -> dict[str, Any]:
    from evergrove.ingest.sources.batches import (  # noqa: PLC0415 -- nothing is loaded before the limits hold
        sampled,
    )
    from evergrove.ingest.sources.formats import detect_format  # noqa: PLC0415 -- same

    if detect_format(Path(request["path"])) == "parquet":
        _copy_parquet(request)
        return {"kind": "parquet"}
    source = _source(request)
    samples, faults = sampled(source)
    return {
        "kind": "text",
        "encoding": source.encoding,
        "header": list(source.header),
        "delimiter": getattr(source, "delimiter", ""),
        "warnings": [_told(each) for each in source.warnings],
        "samples": samples,
        "faults": [[fault.line, fault.code, fault.raw] for fault in faults],
    }


def _source(request: dict[str, Any]) -> Source:
    from evergrove.ingest.sources.formats import detect_format  # noqa: PLC0415 -- as above
    from evergrove.ingest.sources.opening import open_texts  # noqa: PLC0415 -- as above

    path = Path(request["path"])
    return open_texts(
        path, detect_format(path), request["encoding"], request["headers"], likely=request["likely"]
    )


def _copy_parquet(request: dict[str, Any]) -> None:
    """The same rows in the same order and types, written by ourselves."""
    from evergrove.ingest.sources.errors import DamagedFile  # noqa: PLC0415 -- as above
    from evergrove.ingest.sources.parquet import open_parquet  # noqa: PLC0415 -- as above
    from evergrove.warehouse import StatementFailed, open_engine  # noqa: PLC0415 -- as above

    path = Path(request["path"])
    with open_engine(memory_mb=_ENGINE_MB, threads=1) as engine:
        source = open_parquet(engine, path)
        query = f"select * exclude (file_row_number) from {source.scan}"
        try:
            engine.copy_to(query, Path(request["out"]), "format parquet, use_tmp_file false")
        except StatementFailed as error:
            reason = str(error.params["reason"]).splitlines()[0][:200]
            raise DamagedFile(file=path.name, format="Parquet", reason=reason) from error


def _rows(request: dict[str, Any]) -> dict[str, Any]:
    import pyarrow as pa  # noqa: PLC0415 -- as above

    from evergrove.ingest.sources.batches import number_array  # noqa: PLC0415 -- as above

    wanted = request["wanted"]
    names = [f"c{nth}" for nth in range(len(wanted))]
    schema = pa.schema([("line", pa.int64()), *((name, pa.string()) for name in names)])
    faults: list[Fault] = []
    source = _source(request)
    with pa.OSFile(request["out"], "wb") as file, pa.ipc.new_stream(file, schema) as out:
        for batch in source.rows(wanted):
            faults.extend(batch.faults)
            arrays = [number_array(batch.lines), *batch.columns]
            out.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))
    _write_texts(request["bad"], ("code", "raw"), [(fault.line, fault.code, fault.raw) for fault in faults])
    return {}


def _raw(request: dict[str, Any]) -> dict[str, Any]:
    _write_texts(request["out"], ("raw",), _source(request).raw(request["lines"]))
    return {}


def _write_texts(path: str, names: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    """Line and texts of rows, as Arrow."""
    from itertools import islice  # noqa: PLC0415 -- as above

    import pyarrow as pa  # noqa: PLC0415 -- as above

    from evergrove.ingest.sources.batches import number_array, text_array  # noqa: PLC0415 -- as above

    schema = pa.schema([("line", pa.int64()), *((name, pa.string()) for name in names)])
    every = iter(rows)
    with pa.OSFile(path, "wb") as file, pa.ipc.new_stream(file, schema) as out:
        while batch := list(islice(every, _RAW_BATCH)):
            lines, *texts = zip(*batch, strict=True)
            arrays = [number_array(lines), *map(text_array, texts)]
            out.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))


def _unpack(request: dict[str, Any]) -> dict[str, Any]:
    from evergrove.ingest.sources.archives import unpack  # noqa: PLC0415 -- as above

    folder = Path(request["out"])
    tables = unpack(Path(request["path"]), folder)
    return {"tables": None if tables is None else [str(each.relative_to(folder)) for each in tables]}


_VERBS = {"open": _open, "rows": _rows, "raw": _raw, "unpack": _unpack}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
