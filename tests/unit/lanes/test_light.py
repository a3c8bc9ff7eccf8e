from __future__ import annotations

import subprocess
import sys

HEAVY = (
    "airflow",
    "alembic",
    "fastapi",
    "numpy",
    "pandas",
    "psycopg",
    "requests",
    "rich",
    "sqlalchemy",
    "typer",
)


def test_reading_lanes_imports_nothing_heavy() -> None:
    """A DAG file pays for what it imports in every parse and again in every task process."""
    program = (
        "import sys\n"
        "from cartage.lanes import raise_on_mistakes, valid_lanes\n"
        "assert [lane.name for lane in valid_lanes()] == ['demo']\n"
        "raise_on_mistakes()\n"
        f"print(*sorted(set({HEAVY!r}) & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env={}, timeout=60
    )
    assert done.stdout.split() == []
