"""The registry: a connector is opened by name, and all mistakes in its settings or connection are reported together."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from inspect import signature
from pathlib import Path

import pytest

from cartage.connections import Connection
from cartage.errors import RateLimited, SettingsError
from cartage.http import Timeouts
from cartage.lanes.connectors import load_connector, settings_model, stock_settings
from cartage.model.orders import Address, FulfillmentRequest, ShipMethod
from cartage.warehouses.registry import connector_names, open_warehouse, request_validator
from tests.connector_packages import installed_in

CONNECTION = Connection("wms", login="client", password="secret", extra={"tpl_secret": "{GUID}"})
SETTINGS = {"customer_id": 12, "facility_id": 1}


def test_extensiv_is_registered() -> None:
    assert "extensiv" in connector_names()


def test_a_connector_is_opened_without_a_call_and_with_the_lanes_limits() -> None:
    settings = {**SETTINGS, "visibility_delay": "90s", "poll_overlap": "2h"}
    warehouse = open_warehouse("extensiv", CONNECTION, settings, timeouts=Timeouts(2, 8))
    assert warehouse.capabilities.longest_request == timedelta(seconds=20)
    assert warehouse.capabilities.visibility_delay == timedelta(seconds=90)
    assert warehouse.capabilities.poll_overlap == timedelta(hours=2)
    warehouse.close()


def test_a_request_is_validated_without_the_account_as_by_the_opened_warehouse() -> None:
    request = FulfillmentRequest("A3K_1_0", "1", None, Address(name="x" * 500), ShipMethod("UPS"), (), "")
    warehouse = open_warehouse("extensiv", CONNECTION, SETTINGS)
    problems = request_validator("extensiv", SETTINGS)(request)
    assert problems
    assert problems == warehouse.validate(request)
    warehouse.close()


def test_a_validator_reports_all_mistakes_in_the_settings() -> None:
    with pytest.raises(SettingsError) as caught:
        request_validator("extensiv", {"customer_id": 0})
    assert len(caught.value.mistakes) == 2


def test_all_mistakes_in_the_settings_are_reported_together() -> None:
    with pytest.raises(SettingsError) as caught:
        open_warehouse("extensiv", CONNECTION, {"customer_id": 0, "facilty_id": 1})
    assert len(caught.value.mistakes) == 3
    for name in ("customer_id", "facility_id", "facilty_id"):
        assert name in str(caught.value)


def test_missing_connection_fields_are_named_by_their_labels() -> None:
    with pytest.raises(SettingsError, match="Client secret"):
        open_warehouse("extensiv", Connection("wms"), SETTINGS)


def test_an_unknown_connector_is_refused_with_a_list_of_the_known_ones() -> None:
    with pytest.raises(SettingsError, match="extensiv"):
        open_warehouse("extensive", CONNECTION, SETTINGS)


@pytest.mark.parametrize("connector", connector_names())
def test_a_connector_says_which_of_its_settings_identify_a_stock(connector: str) -> None:
    assert set(stock_settings(connector)) <= set(settings_model(connector).model_fields)


class _Spent:
    """A budget of which nothing is left."""

    def acquire(self, operation: str = "", *, within: float | None = None) -> None:
        raise RateLimited("wms", operation, "no call is free")

    def note(self, operation: str, status: int, headers: Mapping[str, str]) -> float | None:
        return None


def test_a_connector_makes_no_call_that_its_budget_does_not_allow() -> None:
    warehouse = open_warehouse("extensiv", CONNECTION, SETTINGS, budget=_Spent())
    with pytest.raises(RateLimited, match="no call is free"):
        warehouse.find("A3_1_0")
    warehouse.close()


def test_a_connector_that_takes_no_budget_is_opened_without_one(tmp_path: Path) -> None:
    with installed_in(tmp_path) as packages:
        packages.install("acme")  # Its open_warehouse has no `budget`, and raises this once it is called.
        with pytest.raises(NotImplementedError):
            open_warehouse("acme", CONNECTION, {"depot": "east"}, budget=_Spent())


@pytest.mark.parametrize("connector", connector_names())
def test_a_connector_that_declares_limits_takes_a_budget(connector: str) -> None:
    package = load_connector(connector)
    assert hasattr(package, "CALL_LIMITS") == ("budget" in signature(package.open_warehouse).parameters)
