"""`cartage init` for ShipBob and Amazon, from nothing to an order that is shipped, by commands alone."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from typer.testing import CliRunner, Result

from cartage.cli.main import app
from cartage.lanes import get_lane
from cartage_sandbox.mcf import DEFAULT_APPLICATION
from cartage_sandbox.shipbob import DEFAULT_CHANNEL_ID, DEFAULT_TOKEN
from cartage_sandbox.stack.shops.mcf import SellerShop
from cartage_sandbox.stack.shops.shipbob import ShipBobShop
from cartage_sandbox.threedcart import TOKEN

VendorShop = ShipBobShop | SellerShop
Command = Callable[..., Result]

SECRETS: Mapping[str, Mapping[str, str]] = {
    "shipbob": {"PASSWORD": DEFAULT_TOKEN},
    "mcf": {
        "PASSWORD": DEFAULT_APPLICATION.client_secret,
        "REFRESH_TOKEN": DEFAULT_APPLICATION.refresh_token,
    },
}


@pytest.fixture(params=[ShipBobShop, SellerShop], ids=["shipbob", "mcf"])
def shop(request: pytest.FixtureRequest) -> Iterator[VendorShop]:
    opened: VendorShop
    with request.param(seed=7, store_rules={"throttle": False}) as opened:
        now = datetime.now(UTC)
        opened.fill(2, start=now - timedelta(days=2), end=now, mix={"single": 1.0})
        for order in opened.store.overview():
            shipment = opened.store.order(order["OrderID"])["ShipmentList"]
            shipment[0]["ShipmentMethodName"] = "UPS Ground"
            opened.store.edit(order["OrderID"], ShipmentList=shipment)
        yield opened


@pytest.fixture
def command(shop: VendorShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run a command of `cartage` with the secrets in its environment; it must succeed, and shows none of them."""
    secrets = {"CARTAGE_INIT_PRIVATE_KEY": shop.store.credentials.private_key, "CARTAGE_INIT_TOKEN": TOKEN}
    for name, value in SECRETS[shop.connector].items():
        secrets[f"CARTAGE_INIT_WAREHOUSE_{name}"] = value
    for name, value in secrets.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("CARTAGE_LANES_FILE", str(tmp_path / "lanes.yaml"))

    def run(*words: str) -> Result:
        result = CliRunner().invoke(app, list(words))
        assert result.exit_code == 0, result.output
        assert not [value for value in secrets.values() if value in result.output]
        return result

    return run


def values(shop: VendorShop) -> list[str]:
    """Return what a person types, except the secrets."""
    words = [
        "--lane", "mine", "--secure-url", shop.store.credentials.secure_url, "--api-address", shop.store_url,
        "--time-zone", "America/New_York", "--go-live", "2026-01-01", "--mode", "live",
        "--connector", shop.connector, "--ship-method", "UPS Ground=Standard",
        "--warehouse", f"host={shop.warehouse_url}",
    ]  # fmt: skip
    if shop.connector == "shipbob":
        return [*words, "--setting", f"channel_id={DEFAULT_CHANNEL_ID}", "--setting", "visibility_delay=0s"]
    return [
        *words, "--warehouse", f"login={DEFAULT_APPLICATION.client_id}",
        "--warehouse", f"extra.login_address={shop.warehouse_url}",
        "--setting", "marketplace=US", "--setting", "speed=Standard", "--setting", "repeated_id=refused",
    ]  # fmt: skip


def given_to_this_shell(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Do what `. ./connections.env` does."""
    for line in (folder / "connections.env").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition("=")
        monkeypatch.setenv(name, shlex.split(value)[0])


def test_a_lane_from_nothing_ships_its_orders(
    shop: VendorShop, command: Command, ledger_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = command("init", "--no-input", "--connections", str(tmp_path), *values(shop))
    steps = done.output.partition("Next:\n")[2]
    assert "cartage preflight --lane mine" in steps
    assert "cartage shadow" not in steps, "the lane is live already"
    given_to_this_shell(tmp_path, monkeypatch)
    assert "0 mistakes, 0 warnings; valid lanes: mine" in command("lanes", "check").stderr
    command("connections", "check", "--lane", "mine")
    monkeypatch.setenv("CARTAGE_LEDGER_URL", ledger_url)
    command("ledger", "migrate")
    sections = json.loads(command("preflight", "--lane", "mine", "--json").stdout)
    assert len(sections) > 5

    def counts(stage: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(command("run", stage, "--lane", "mine", "--json").stdout)
        return found

    assert counts("import_orders")["imported"] == 2
    assert counts("validate_mappings")["ready"] == 2
    assert counts("settle_outcomes")["verified"] == 2
    assert counts("transfer_to_warehouse")["acknowledged"] == 2
    shipped = requests.post(f"{shop.warehouse_url}/_sandbox/ship", json={"all": True}, timeout=30).json()
    assert len(shipped["orders"]) == 2
    assert counts("poll_tracking")["shipped"] == 2
    assert counts("update_order_status")["shipped"] == 2


@pytest.mark.parametrize("shop", [ShipBobShop], indirect=True)
@pytest.mark.usefixtures("command")
def test_a_wrong_channel_lists_those_of_the_token_and_is_asked_for_again(
    shop: VendorShop, tmp_path: Path
) -> None:
    command = ["init", "--connections", str(tmp_path), "--api-version", "v2", "--import-status", "1"]
    result = CliRunner().invoke(
        app,
        [*command, *values(shop), "--setting", "channel_id=1"],
        input="\n" * 15 + f"{DEFAULT_CHANNEL_ID}\n\n",
    )
    assert f"it has {DEFAULT_CHANNEL_ID} (Cartage)" in result.output
    assert result.exit_code == 0, result.output
    assert get_lane("mine", tmp_path / "lanes.yaml").warehouse.settings["channel_id"] == DEFAULT_CHANNEL_ID
