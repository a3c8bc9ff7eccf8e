"""The desk inside a stand-in of Airflow, on a real ledger, with a user whose rights each test sets.

Gives Airflow a home of its own before any test module imports it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Engine, create_engine, make_url

from tests.contract.rows import Rows
from tests.dags.airflow_home import use_temporary_home
from tests.emptied_ledger import EmptiedLedger

use_temporary_home()

if TYPE_CHECKING:
    from tests.contract.desk.desk_client import DeskClient

LANE = """
  {name}:
    store: {{connection: threedcart_{name}, time_zone: UTC, go_live: 2026-11-01}}
    warehouse: {{connector: extensiv, connection: extensiv_{name}, settings: {{customer_id: 12, facility_id: 1}}}}
"""


@pytest.fixture(scope="module", autouse=True)
def desk_engines() -> Iterator[None]:
    """Let the tests of a file share the desk's connections, and with them the compiled statements."""
    from cartage_airflow.desk import ledger

    engines = (ledger.reading_engine, ledger.writing_engine)
    for engine in engines:
        engine.cache_clear()
    yield
    for engine in engines:
        if engine.cache_info().currsize:
            engine().dispose()
        engine.cache_clear()


@pytest.fixture(autouse=True)
def desk_on(ledger_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Point the desk at this test's ledger."""
    monkeypatch.setenv("CARTAGE_LEDGER_URL", ledger_url)


@pytest.fixture(scope="session")
def rows_engine(world_ledger: EmptiedLedger) -> Iterator[Engine]:
    """Yield connections to the ledger that are none of the desk's."""
    engine = create_engine(world_ledger.url)
    yield engine
    engine.dispose()


@pytest.fixture
def rows(ledger_url: str, rows_engine: Engine) -> Iterator[Rows]:
    """Yield a helper that adds rows in raw SQL."""
    assert rows_engine.url == make_url(ledger_url)
    with rows_engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        yield Rows(connection)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DeskClient:
    """Return the desk of the lanes `east` and `west`, as an administrator sees it."""
    from tests.contract.desk.desk_client import DeskClient

    file = tmp_path / "lanes.yaml"
    file.write_text("lanes:" + LANE.format(name="east") + LANE.format(name="west"))
    monkeypatch.setenv("CARTAGE_LANES_FILE", str(file))
    return DeskClient(monkeypatch)


@pytest.fixture
def in_ledger(desk: DeskClient) -> DeskClient:
    """Return the desk of lanes that keep their mappings in the ledger."""
    file = Path(os.environ["CARTAGE_LANES_FILE"])
    file.write_text(file.read_text().replace("    store:", "    mappings: ledger\n    store:"))
    return desk
