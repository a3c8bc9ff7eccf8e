"""`cartage init` for a warehouse that exchanges files: the host key is confirmed, folders are looked at."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cartage.cli.main import app
from cartage.lanes import get_lane
from cartage_sandbox.files import DEFAULT_ACCOUNT
from cartage_sandbox.stack.file_shop import FileShop
from cartage_sandbox.threedcart import TOKEN

Init = Callable[..., Result]
PASSWORD = "CARTAGE_INIT_WAREHOUSE_PASSWORD"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[FileShop]:
    with FileShop("mine", tmp_path / "files", store_rules={"throttle": False}) as opened:
        now = datetime.now(UTC)
        ids = opened.fill(1, start=now - timedelta(days=2), end=now, mix={"single": 1.0})["single"]
        shipment = opened.store.order(ids[0])["ShipmentList"]
        shipment[0]["ShipmentMethodName"] = "UPS Ground"
        opened.store.edit(ids[0], ShipmentList=shipment)
        yield opened


@pytest.fixture
def init(tmp_path: Path, shop: FileShop, monkeypatch: pytest.MonkeyPatch) -> Init:
    """Call `cartage init` with everything about the store given; no output shows a secret."""
    monkeypatch.setenv("CARTAGE_LANES_FILE", str(tmp_path / "lanes.yaml"))
    monkeypatch.setenv("CARTAGE_INIT_PRIVATE_KEY", shop.store.credentials.private_key)
    monkeypatch.setenv("CARTAGE_INIT_TOKEN", TOKEN)
    monkeypatch.setenv(PASSWORD, DEFAULT_ACCOUNT.password)
    store = [
        "--lane", "mine", "--secure-url", shop.store.credentials.secure_url, "--api-address", shop.store_url,
        "--api-version", "v2", "--time-zone", "America/New_York", "--go-live", "2026-03-01", "--connector", "files",
        "--import-status", "1", "--mode", "shadow", "--ship-method", "UPS Ground=UPS/Ground",
    ]  # fmt: skip

    def call(*arguments: str, typed: tuple[str, ...] = ()) -> Result:
        text = "".join(f"{line}\n" for line in typed)
        result = CliRunner().invoke(
            app, ["init", "--connections", str(tmp_path), *store, *arguments], input=text
        )
        secrets = (shop.store.credentials.private_key, TOKEN, DEFAULT_ACCOUNT.password)
        assert not [secret for secret in secrets if secret in result.output]
        return result

    return call


def sftp(shop: FileShop, *, host_key: bool = True) -> list[str]:
    """The fields of the connection, as options."""
    server = shop.warehouse.sftp
    fields = {"host": f"{server.host}:{server.port}", "login": DEFAULT_ACCOUNT.login}
    if host_key:
        fields["extra.host_key"] = server.host_key
    return [word for name, value in fields.items() for word in ("--warehouse", f"{name}={value}")]


def settings(**values: str) -> list[str]:
    return [
        word for name, value in values.items() for word in ("--setting", f"{name.replace('__', '.')}={value}")
    ]


CSV = {
    "format": "csv",
    "profile": "dsfx",
    "orders_to": "/in",
    "read_from": "/out",
    "archive_to": "/archive",
    "publish": "rename",
    "known_skus": "any",
}


def test_a_lane_is_written_whose_connection_works(shop: FileShop, init: Init, tmp_path: Path) -> None:
    done = init("--no-input", *sftp(shop), *settings(**CSV))
    assert done.exit_code == 0, done.output
    for folder in ("folder /in", "folder /out", "folder /archive"):
        assert folder in done.output
    lane = get_lane("mine", tmp_path / "lanes.yaml")
    assert lane.warehouse.connector == "files"
    assert lane.warehouse.settings == {
        "format": "csv",
        "profile": "dsfx",
        "orders_to": "/in",
        "read_from": ["/out"],
        "archive_to": "/archive",
        "publish": "rename",
        "known_skus": "any",
    }
    written = json.loads((tmp_path / "connections.json").read_text())["files_mine"]
    server = shop.warehouse.sftp
    assert (written["conn_type"], written["host"], written["port"]) == ("sftp", server.host, server.port)
    assert written["extra"] == {"host_key": server.host_key}


def test_a_person_confirms_the_host_key_by_its_fingerprint(
    shop: FileShop, init: Init, tmp_path: Path
) -> None:
    keyless, again, settled = [""] * 5, [""] * 8, [""] * 7  # Enter for what is empty, or was given before
    first = init(*sftp(shop, host_key=False), *settings(**CSV), typed=(*keyless, "n", *again, "y", *settled))
    assert "shows the host key ssh-ed25519 SHA256:" in first.output
    assert "it is not confirmed" in first.output
    assert first.exit_code == 0, first.output
    written = json.loads((tmp_path / "connections.json").read_text())["files_mine"]
    assert written["extra"]["host_key"] == shop.warehouse.sftp.host_key


def test_without_a_person_an_unknown_host_key_stops_it_and_is_named(
    shop: FileShop, init: Init, tmp_path: Path
) -> None:
    done = init("--no-input", *sftp(shop, host_key=False), *settings(**CSV))
    assert done.exit_code == 1
    assert "its host key is not known: ssh-ed25519 SHA256:" in done.output
    assert not (tmp_path / "lanes.yaml").exists()


def test_x12_asks_for_the_partners_ids(shop: FileShop, init: Init, tmp_path: Path) -> None:
    x12 = {**CSV, "format": "x12", "x12__us__id": "CARTAGE", "x12__partner__id": "SANDBOXWMS"}
    del x12["profile"]
    missing = init("--no-input", *sftp(shop), *settings(**{k: v for k, v in x12.items() if "us" not in k}))
    assert missing.exit_code == 1
    assert "x12.us.id is missing" in missing.output
    done = init("--no-input", *sftp(shop), *settings(**x12))
    assert done.exit_code == 0, done.output
    written = get_lane("mine", tmp_path / "lanes.yaml").warehouse.settings
    assert written["x12"] == {"us": {"id": "CARTAGE"}, "partner": {"id": "SANDBOXWMS"}}


def test_a_mounted_folder_asks_for_no_connection(shop: FileShop, init: Init, tmp_path: Path) -> None:
    home = shop.warehouse.premises.home(DEFAULT_ACCOUNT.login)
    done = init("--no-input", *settings(**CSV, folder=str(home)))
    assert done.exit_code == 0, done.output
    assert f"folder {home}" in done.output
    assert set(json.loads((tmp_path / "connections.json").read_text())) == {"threedcart_mine"}
    assert get_lane("mine", tmp_path / "lanes.yaml").warehouse.settings["folder"] == str(home)


def test_a_folder_that_is_not_there_is_named(shop: FileShop, init: Init) -> None:
    done = init("--no-input", *sftp(shop), *settings(**{**CSV, "read_from": "/confirmations"}))
    assert done.exit_code == 1
    assert "folder /confirmations: it is not there" in done.output
