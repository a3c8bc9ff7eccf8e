"""Keep the evidence of a failed trial: every table of its ledger and both journals, a JSON line per row."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress

import psycopg

from tests.faults.harness.world import World

_TABLES = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"


def keep_evidence(world: World) -> None:
    """Write the ledger and the journals next to the logs of the processes, as far as they can still be read."""
    for whose in ("store", "warehouse"):
        _write(world, f"journal-{whose}", world.journal(whose).entries())
    with suppress(psycopg.Error):
        for (table,) in world.ledgers.rows(_TABLES):
            rows = world.ledgers.rows(f'SELECT to_jsonb(t) FROM "{table}" t')
            _write(world, f"table-{table}", (row[0] for row in rows))


def _write(world: World, name: str, rows: Iterable[object]) -> None:
    with (world.folder / f"{name}.jsonl").open("w") as file:
        file.writelines(json.dumps(row, default=str) + "\n" for row in rows)
