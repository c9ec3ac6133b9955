"""
Write the next step of the ledger's schema from the tables that are declared now.

``python tools/migration.py "What is true after it"``; read the new file in src/evergrove/ledger/migrations/versions
before it is committed: it is never changed afterwards.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from evergrove.app.tables import STATIONS
from evergrove.ledger import migrate, open_ledger
from evergrove.ledger.migration import draft_step


def main() -> None:
    """Draft a step against a new ledger at the newest schema."""
    with tempfile.TemporaryDirectory() as folder:
        ledger = open_ledger(Path(folder) / "ledger.sqlite", create=True)
        migrate(ledger)
        print(f"{draft_step(ledger, sys.argv[1])}: {len(STATIONS)} stations")
        ledger.close()


if __name__ == "__main__":
    main()
