"""Transports before each kind of place, and a warehouse behind a real SFTP server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from cartage.warehouses.files.transport import Transport, open_transport
from cartage_sandbox.files import FileWarehouse, create_file_warehouse
from tests.contract.warehouses.files.stands import KINDS, Stand, connection_to, stands, transfer

MakeWarehouse = Callable[[], FileWarehouse]


@pytest.fixture
def make_warehouse(tmp_path: Path) -> Iterator[MakeWarehouse]:
    """Start a warehouse; it stops at the end of the test."""
    with ExitStack() as running:

        def make() -> FileWarehouse:
            warehouse = create_file_warehouse(tmp_path / "warehouse")
            running.enter_context(warehouse.sftp)
            return warehouse

        yield make


@pytest.fixture
def warehouse(make_warehouse: MakeWarehouse) -> FileWarehouse:
    return make_warehouse()


@pytest.fixture
def transport(warehouse: FileWarehouse) -> Iterator[Transport]:
    """A transport to the warehouse."""
    with open_transport(transfer(), connection_to(warehouse)) as opened:
        yield opened


@pytest.fixture(params=KINDS)
def stand(request: pytest.FixtureRequest, tmp_path: Path, make_warehouse: MakeWarehouse) -> Iterator[Stand]:
    yield from stands(request.param, tmp_path, make_warehouse)
