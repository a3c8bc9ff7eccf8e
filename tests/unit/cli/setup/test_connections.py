from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from typer.testing import Result

from cartage.errors import SettingsError
from cartage.warehouses.checks import WarehouseCheck

Cartage = Callable[..., Result]


class _Client:
    def __init__(self, outcome: WarehouseCheck) -> None:
        self._outcome = outcome

    def check(self) -> WarehouseCheck:
        return self._outcome


class _Context:
    def __init__(self, store: WarehouseCheck | None, warehouse: WarehouseCheck) -> None:
        self._store = store
        self.warehouse = _Client(warehouse)

    @property
    def store(self) -> _Client:
        if self._store is None:
            raise SettingsError("connection 'threedcart_demo'", ["  Token: missing."])
        return _Client(self._store)

    def at(self, warehouse: str) -> _Context:
        """Return itself: the lane has one warehouse."""
        assert warehouse == ""
        return self


Serve = Callable[[WarehouseCheck | None, WarehouseCheck], None]


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Serve:
    """Set how the lane's clients respond; None: the store's connection is wrong."""
    from cartage.cli.setup import connections
    from cartage.runtime import context as context_module

    monkeypatch.setattr(connections, "ledger_gap", lambda: "")

    def install(store: WarehouseCheck | None, warehouse: WarehouseCheck) -> None:
        @contextmanager
        def open_lane(lane: Any, run: Any) -> Iterator[_Context]:
            yield _Context(store, warehouse)

        monkeypatch.setattr(context_module, "open_lane", open_lane)

    return install


def test_it_exits_0_when_both_connections_work(cartage: Cartage, serve: Serve) -> None:
    serve(WarehouseCheck(True, "store Demo Outfitters"), WarehouseCheck(True, "customer Harbor Goods"))
    result = cartage("connections", "check", "--lane", "demo")
    assert result.exit_code == 0
    assert "Demo Outfitters" in result.stdout
    assert "Harbor Goods" in result.stdout


def test_a_failed_connection_does_not_hide_the_other(cartage: Cartage, serve: Serve) -> None:
    serve(None, WarehouseCheck(False, "401: check the client secret"))
    result = cartage("connections", "check", "--lane", "demo", "--json")
    assert result.exit_code == 1
    store, warehouse = json.loads(result.stdout)
    assert (store["ok"], warehouse["ok"]) == (False, False)
    assert "Token: missing." in store["text"]
    assert warehouse["text"] == "401: check the client secret"
