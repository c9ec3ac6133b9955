"""A person's own copy of everything: one JSON document, and a CSV file of each table, in a folder or a ZIP archive."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import secrets
import shutil
import zipfile
from typing import TYPE_CHECKING, Any

from evergrove.core import InputError, _, flush_folder, reason_of, write_private
from evergrove.export.spreadsheet import DAMAGED_AS_NUMBER, FORMULA_START
from evergrove.pipeline.person import find_person, plain_value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from evergrove.pipeline.person import Parts, PersonFound

FORMAT = "evergrove.person/1"
ZIP = ".zip"


class ExportThere(InputError):
    """Something stands where a person's copy was to be written."""

    code = "pipeline.person_export_there"
    message = _("There is already something at {path}.")
    hint = _("A person's data are never mixed with others: name another folder, or delete that one.")


class ExportNotWritten(InputError):
    """The copy cannot be written."""

    code = "pipeline.person_export_not_written"
    message = _("The copy cannot be written to {path}: {reason}.")
    hint = _("Nothing is left there. Name another place with --out.")


def export_person(parts: Parts, customer_id: str, path: Path) -> dict[str, int]:
    """
    Write everything of one person, and nothing of anybody else, for the person to keep.

    All of it or nothing; only the owner of the files may read them.

    Args:
        parts: The workspace.
        customer_id: Any id of the person.
        path: A new folder, or a new file that ends in .zip.

    Returns:
        Rows by table.

    Raises:
        UnknownPerson: Nothing is known of the id.
        ExportThere, ExportNotWritten: It cannot be written there.
    """
    if path.exists() or path.is_symlink():
        raise ExportThere(path=str(path))
    found = find_person(parts, customer_id)
    tables = tables_of(found)
    files = {"person.json": json.dumps(document_of(found), ensure_ascii=False, indent=2) + "\n"}
    files |= {f"{name}.csv": _csv(rows) for name, rows in tables.items()}
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        _write(draft, files, zipped=path.suffix == ZIP)
        draft.rename(path)
        flush_folder(path.parent)
    except OSError as error:
        shutil.rmtree(draft, ignore_errors=True)
        draft.unlink(missing_ok=True)
        raise ExportNotWritten(path=str(path), reason=reason_of(error)) from error
    return {name: len(rows) for name, rows in tables.items()}


def document_of(found: PersonFound) -> dict[str, Any]:
    """Everything of a person as one document."""
    return {
        "format": FORMAT,
        "person_id": found.person_id,
        "customer_ids": list(found.members),
        "status": found.status,
        "tables": {
            name: [{key: plain_value(value) for key, value in row.items()} for row in rows]
            for name, rows in tables_of(found).items()
        },
    }


def tables_of(found: PersonFound) -> dict[str, Sequence[Mapping[str, Any]]]:
    """Everything of a person, table by table; those without a row are left out."""
    opened: dict[str, Sequence[Mapping[str, Any]]] = {
        "contacts": [vars(each) for each in found.contacts],
        "identifiers": [
            {
                "customer_id": each.customer_id,
                "kind": each.kind,
                "value": each.value,
                "state": each.state,
                "reason": each.reason,
                "recorded_at": each.recorded_at,
            }
            for each in found.identifiers
        ],
    }
    return {
        name: rows for name, rows in (opened | dict(found.ledger) | dict(found.warehouse)).items() if rows
    }


def _write(draft: Path, files: Mapping[str, str], *, zipped: bool) -> None:
    if not zipped:
        draft.mkdir(mode=0o700)
        for name, text in files.items():
            write_private(draft / name, text)
        flush_folder(draft)
        return
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as stream:
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in files.items():
                archive.writestr(name, text)
        stream.flush()
        os.fsync(stream.fileno())


def _csv(rows: Sequence[Mapping[str, Any]]) -> str:
    out = io.StringIO()
    names = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([_cell(row.get(name)) for name in names] for row in rows)
    return out.getvalue()


def _cell(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula or shortens; as in the other exports."""
    plain = plain_value(value)
    if isinstance(plain, dict | list):
        plain = json.dumps(plain, ensure_ascii=False)
    if not isinstance(value, str) or not isinstance(plain, str):
        return plain
    if re.match(FORMULA_START, plain):
        return f"'{plain}"
    return f"{plain}\t" if re.match(DAMAGED_AS_NUMBER, plain) else plain
