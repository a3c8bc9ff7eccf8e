"""Connectors are found by entry points: an installed package adds one, and a broken one hurts no other."""

from __future__ import annotations

import logging
import subprocess
import sys

import pytest

from cartage.errors import SettingsError
from cartage.lanes.connectors import (
    connection_fields,
    connector_names,
    load_connector,
    settings_model,
    usable_connectors,
)
from cartage.lanes.manual import settings_manual
from cartage.lanes.schema import json_schema
from tests.connector_packages import SMALL, ConnectorPackages
from tests.unit.lanes.conftest import LaneText, Load


def test_cartages_own_connectors_are_found_as_any_other() -> None:
    assert "extensiv" in connector_names()
    assert settings_model("extensiv").__name__ == "ExtensivSettings"


def test_an_installed_package_adds_a_connector(
    connector_packages: ConnectorPackages, load: Load, lane_text: LaneText
) -> None:
    before = connector_names()
    connector_packages.install("acme")
    assert connector_names() == sorted([*before, "acme"])
    assert [field.label for field in connection_fields("acme")] == ["Customer number"]
    text = lane_text().replace("connector: extensiv", "connector: acme")
    found = load("lanes:\n" + text.replace("{customer_id: 12, facility_id: 1}", "{depot: east}"))
    assert found.lanes["demo"].warehouse.settings == {"depot": "east"}


def test_its_settings_are_checked_and_are_in_the_schema_and_the_manual(
    connector_packages: ConnectorPackages, load: Load, lane_text: LaneText
) -> None:
    connector_packages.install("acme")
    found = load("lanes:\n" + lane_text().replace("connector: extensiv", "connector: acme"))
    assert {mistake.path for mistake in found.mistakes} == {
        f"lanes.demo.warehouse.settings.{name}" for name in ("depot", "customer_id", "facility_id")
    }
    assert "acme.SETTINGS" in json_schema()["$defs"]
    assert "### Connector acme" in settings_manual()


def test_names_are_known_without_importing_a_package(connector_packages: ConnectorPackages) -> None:
    module = connector_packages.install("broken", "raise RuntimeError")
    assert "broken" in connector_names()
    assert module not in sys.modules


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("raise RuntimeError('half installed')", "cannot be imported: RuntimeError: half installed"),
        ("import no_such_library_of_acme", "cannot be imported: ModuleNotFoundError"),
        ("FIELDS =", "cannot be imported: SyntaxError"),
        ("FIELDS = ()", "does not have SETTINGS, STOCK_SETTINGS, ASKED_SETTINGS, open_warehouse, validator"),
    ],
)
def test_a_broken_package_is_named_and_hurts_no_other(
    connector_packages: ConnectorPackages, caplog: pytest.LogCaptureFixture, source: str, what: str
) -> None:
    connector_packages.install("broken", source)
    connector_packages.install("acme")
    with pytest.raises(SettingsError) as caught:
        load_connector("broken")
    assert f"broken_wms (package broken-wms) {what}" in str(caught.value)
    with caplog.at_level(logging.WARNING):
        assert list(usable_connectors()) == [name for name in connector_names() if name != "broken"]
    assert "broken-wms" in caplog.text
    assert "broken" in json_schema()["$defs"]["WarehouseSettings"]["properties"]["connector"]["enum"]
    assert "Connector broken" not in settings_manual()


def test_two_packages_with_connectors_of_one_name_are_both_named(
    connector_packages: ConnectorPackages,
) -> None:
    connector_packages.install("acme")
    connector_packages.install("other", connector="acme")
    with pytest.raises(SettingsError, match=r"acme-wms.* and .*other-wms.*Uninstall all but one"):
        load_connector("acme")
    assert "extensiv" in list(usable_connectors())


def test_no_package_replaces_one_of_cartages_own(
    connector_packages: ConnectorPackages, caplog: pytest.LogCaptureFixture
) -> None:
    connector_packages.install("acme", connector="extensiv")
    assert settings_model("extensiv").__name__ == "ExtensivSettings"
    assert "acme-wms" in caplog.text


def test_an_unknown_connector_is_named_with_those_that_are_known(
    connector_packages: ConnectorPackages,
) -> None:
    connector_packages.install("acme", SMALL)
    with pytest.raises(SettingsError, match=r"Known connectors: acme, (.*, )?extensiv"):
        load_connector("acne")


def test_finding_connectors_imports_no_connector_and_no_client() -> None:
    program = (
        "import sys; from cartage.lanes.connectors import connector_names; assert 'extensiv' in connector_names();"
        "print(*[name for name in ('requests', 'sqlalchemy', 'cartage.warehouses') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
