"""`cartage sandbox serve`: both emulators with one command, addresses first, a clean stop."""

from __future__ import annotations

import base64
import hashlib
import json
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests

_SANDBOX = [sys.executable, "-c", "from cartage_sandbox.cli import app; app()"]
_PROGRAM = [*_SANDBOX, "serve"]
_SECONDS = 30


@pytest.mark.parametrize(
    ("vendor", "number"),
    [
        ("extensiv", signal.SIGTERM),
        ("extensiv", signal.SIGINT),
        ("shipbob", signal.SIGTERM),
        ("mcf", signal.SIGTERM),
    ],
)
def test_store_and_warehouse_are_served_until_a_signal(vendor: str, number: signal.Signals) -> None:
    rule = ["--store-rule", 'auth_failure_body="empty"']
    command = [*_PROGRAM, "--warehouse", vendor, "--orders", "40", "--throttle", "off", *rule]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            announced: dict[str, Any] = json.loads(process.stdout.readline())
            _ask(announced)
            process.send_signal(number)
            assert process.wait(_SECONDS) == 0
        finally:
            process.kill()


def _ask(announced: dict[str, Any]) -> None:
    store, warehouse = announced["store"], announced["warehouse"]
    headers = {"SecureURL": store["secure_url"], "PrivateKey": store["private_key"], "Token": store["token"]}
    orders = f"{store['url']}/3dCartWebAPI/v2/Orders"
    count = requests.get(orders, params={"countonly": "1"}, headers=headers, timeout=_SECONDS).json()
    assert count == {"TotalCount": 40}
    assert sum(announced["orders"].values()) == 40
    refused = requests.get(orders, timeout=_SECONDS)
    assert (refused.status_code, refused.content) == (401, b"")
    items = requests.get(f"{warehouse['url']}/_sandbox/items", timeout=_SECONDS).json()["items"]
    assert len(items) > 100


def test_a_file_warehouse_with_the_same_items_is_served_beside_them() -> None:
    command = [*_PROGRAM, "--orders", "1", "--with-files", "x12"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            announced: dict[str, Any] = json.loads(process.stdout.readline())
            files, warehouse = announced["files"], announced["warehouse"]
            here, there = (
                requests.get(f"{found['url']}/_sandbox/items", timeout=_SECONDS).json()["items"]
                for found in (files, warehouse)
            )
            assert len(here) > 100
            assert set(here) == {item["sku"] for item in there}
            with socket.create_connection((files["host"], files["port"]), _SECONDS) as line:
                assert line.recv(8) == b"SSH-2.0-"
            key = base64.b64decode(files["host_key"].split()[1])
            digest = base64.b64encode(hashlib.sha256(key).digest()).decode().rstrip("=")
            assert files["fingerprint"] == f"SHA256:{digest}"
        finally:
            process.kill()


@pytest.mark.parametrize(("vendor", "name"), [("shipbob", "auth_address"), ("mcf", "login_address")])
def test_the_address_of_the_sign_in_is_named(vendor: str, name: str) -> None:
    with subprocess.Popen(
        [*_PROGRAM, "--orders", "1", "--warehouse", vendor], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            warehouse = json.loads(process.stdout.readline())["warehouse"]
            assert warehouse[name] == warehouse["url"]
        finally:
            process.kill()


def test_a_database_for_a_ledger_is_served_and_kept_in_its_folder(tmp_path: Path) -> None:
    for statement in ("CREATE TABLE kept (id int)", "SELECT FROM kept"):
        command = [*_SANDBOX, "postgres", "--folder", str(tmp_path / "data")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout is not None
                url = process.stdout.readline().strip()
                with psycopg.connect(url, autocommit=True) as connection:
                    connection.execute(statement)
                process.send_signal(signal.SIGTERM)
                assert process.wait(_SECONDS) == 0
            finally:
                process.kill()


@pytest.mark.parametrize(
    "wrong",
    [
        ["--with-files", "nonsense"],
        ["--store-rule", "nonsense=1"],
        ["--throttle", "fast"],
        ["--warehouse", "nobody"],
        ["--store-time-zone", "x"],
    ],
)
def test_a_wrong_option_exits_with_1_and_says_why(wrong: list[str]) -> None:
    ended = subprocess.run(
        [*_PROGRAM, "--orders", "1", *wrong], check=False, capture_output=True, text=True, timeout=_SECONDS
    )
    assert ended.returncode == 1
    assert "The sandbox cannot start" in ended.stderr
    assert "Traceback" not in ended.stderr
