"""A file warehouse behind real SFTP and HTTP, and a plain client of each that shares nothing with the connector."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import paramiko
import pytest
import requests

from cartage_sandbox.files import DEFAULT_ACCOUNT, FileWarehouse, create_file_warehouse
from cartage_sandbox.kernel import Clock, SandboxServer
from cartage_sandbox.kernel.rules import RuleValue

START = datetime(2026, 11, 29, 2, tzinfo=UTC)


@dataclass
class Visit:
    """A warehouse with a frozen clock, the address of its control API, and its customer's SFTP sessions."""

    warehouse: FileWarehouse
    url: str

    @property
    def home(self) -> Path:
        return self.warehouse.premises.home(DEFAULT_ACCOUNT.login)

    def rule(self, **changes: RuleValue) -> None:
        self.control("PATCH", "/rules", changes)

    def fault(self, route: str, kind: str, **fields: Any) -> None:
        self.control("POST", "/faults", {"route": route, "kind": kind, **fields})

    def control(self, method: str, path: str, body: Any = None) -> Any:
        response = requests.request(method, f"{self.url}/_sandbox{path}", json=body, timeout=10)
        assert response.status_code < 300, response.text
        return response.json()

    def refused(self, method: str, path: str, body: Any) -> str:
        response = requests.request(method, f"{self.url}/_sandbox{path}", json=body, timeout=10)
        assert response.status_code == 400
        return str(response.json()["error"])

    def session(self) -> paramiko.SFTPClient:
        address = (self.warehouse.sftp.host, self.warehouse.sftp.port)
        transport = paramiko.Transport(address)
        transport.connect(username=DEFAULT_ACCOUNT.login, password=DEFAULT_ACCOUNT.password)
        session = paramiko.SFTPClient.from_transport(transport)
        assert session is not None
        return session

    def names(self, folder: str) -> list[str]:
        return sorted(path.name for path in (self.home / folder).iterdir() if path.is_file())

    def put(self, name: str, content: str) -> None:
        """Put a file into the folder in, as a client that renames would."""
        (self.home / "in" / name).write_bytes(content.encode())

    def work(self) -> dict[str, int]:
        found: dict[str, int] = self.control("POST", "/work")
        return found

    def taken(self) -> dict[str, int]:
        """How often each order was taken."""
        found: dict[str, int] = self.control("GET", "/references")
        return found

    def orders(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.control("GET", "/orders")["orders"]
        return found

    def out(self, prefix: str) -> list[str]:
        """The texts of the files in the folder out whose names begin so."""
        return [
            (self.home / "out" / name).read_text() for name in self.names("out") if name.startswith(prefix)
        ]


def dsfx(reference: str = "A3_1_0", sku: str = "MUG", quantity: int = 3) -> str:
    """An order file, version 1."""
    fields = [reference, "AB-1000", "Joan", "5050 Road N", "", "Boston", "MA", "02134", "US"]
    row = ",".join(f'"{value}"' for value in ["PH", *fields, *[""] * 9, "GROUND", "P", "", "", "", ""])
    return f'{row}\n"PD","{reference}","1","{sku}","{quantity}","0.00"\n'


@pytest.fixture
def visit(tmp_path: Path) -> Iterator[Visit]:
    clock = Clock(START, frozen=True)
    warehouse = create_file_warehouse(tmp_path, clock=clock, rng=random.Random(7))
    warehouse.floor.set_stock(DEFAULT_ACCOUNT, {"MUG": 10, "TEA": 5})
    with warehouse.sftp, SandboxServer(warehouse.app) as server:
        yield Visit(warehouse, server.url)
