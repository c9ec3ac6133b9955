"""
Draft the next step of the ledger's schema from the tables that the stations declare.

``python tools/migration.py "people have a zone"`` writes src/evergrove/ledger/migrations/versions/NNNN_....py,
for you to read, to complete with what becomes of the rows, and to keep free of our imports.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
import tempfile
from pathlib import Path

import evergrove
from evergrove.ledger import open_ledger
from evergrove.ledger.migration import draft_step, migrate


def import_tables() -> None:
    """Import every module that declares tables."""
    for module in pkgutil.walk_packages(evergrove.__path__, "evergrove."):
        if module.name.endswith(".tables"):
            importlib.import_module(module.name)


def main(says: str) -> None:
    """Write the step against a new ledger that has taken all steps so far."""
    import_tables()
    with tempfile.TemporaryDirectory() as folder:
        ledger = open_ledger(Path(folder) / "ledger.sqlite", create=True)
        migrate(ledger)
        print(draft_step(ledger, says))
        ledger.close()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(sys.argv[1])
