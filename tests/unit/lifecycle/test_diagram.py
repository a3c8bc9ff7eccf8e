"""The manual describes every table and state."""

from __future__ import annotations

import re
from pathlib import Path

from cartage.db.migrate import VERSION_TABLE
from cartage.db.schema import metadata

PAGE = Path(__file__).parents[3] / "docs" / "ledger.md"


def test_the_manual_names_every_table_and_no_other() -> None:
    cells = [line.split("|")[1] for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    assert {name for cell in cells for name in re.findall(r"`(\w+)`", cell)} == {
        *metadata.tables,
        VERSION_TABLE,
    }
