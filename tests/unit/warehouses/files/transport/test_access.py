"""An SFTP connection is read as Airflow writes it, and every mistake is named at once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cartage.connections import Connection, EnvironmentResolver
from cartage.errors import SettingsError
from cartage.warehouses.files.transport.access import FIELDS, SftpAccess


def access(**changes: Any) -> SftpAccess:
    fields = {"host": "sftp.example.com", "login": "acme", "password": "password", **changes}
    return SftpAccess.from_connection(Connection("wh", **fields))


def mistakes(**changes: Any) -> str:
    with pytest.raises(SettingsError) as caught:
        access(**changes)
    return str(caught.value)


def test_host_login_and_password_are_enough() -> None:
    found = access()
    assert (found.host, found.port, found.login, found.password) == (
        "sftp.example.com",
        22,
        "acme",
        "password",
    )
    assert found.remote == "SFTP sftp.example.com"
    assert found.check_host_key


@pytest.mark.parametrize(
    ("host", "port", "expected"),
    [
        ("sftp.example.com", 2222, ("sftp.example.com", 2222)),
        ("sftp.example.com:2222", None, ("sftp.example.com", 2222)),
        (" sftp://sftp.example.com:2222/ ", None, ("sftp.example.com", 2222)),
        ("10.0.0.1", None, ("10.0.0.1", 22)),
        ("2001:db8::1", 2222, ("2001:db8::1", 2222)),
        ("[2001:db8::1]:2222", None, ("2001:db8::1", 2222)),
    ],
)
def test_addresses(host: str, port: int | None, expected: tuple[str, int]) -> None:
    found = access(host=host, port=port)
    assert (found.host, found.port) == expected


def test_a_port_that_is_not_ssh_s_is_named() -> None:
    assert access(port=2222).remote == "SFTP sftp.example.com:2222"


def test_the_extras_of_airflows_hook_are_read_from_its_json(monkeypatch: pytest.MonkeyPatch) -> None:
    extra = {
        "conn_timeout": "5",
        "cmd_timeout": 7,
        "banner_timeout": 8,
        "auth_timeout": 9.5,
        "compress": "false",
        "look_for_keys": "true",
        "host_key": "ssh-ed25519 AAAA",
        "ciphers": ["aes256-ctr"],
        "disabled_algorithms": {"pubkeys": ["rsa-sha2-256"]},
        "private_key": "-----BEGIN\n...",
        "private_key_passphrase": "passphrase",
    }
    text = json.dumps(
        {"conn_type": "sftp", "host": "h", "login": "l", "port": 2222, "extra": json.dumps(extra)}
    )
    monkeypatch.setenv("AIRFLOW_CONN_WH", text)
    connection = EnvironmentResolver().get("wh")
    assert connection is not None
    found = SftpAccess.from_connection(connection)
    assert (found.connect_timeout, found.banner_timeout, found.auth_timeout) == (5, 8, 9.5)
    assert found.response_timeout == 7
    assert found.longest_login == 29.5
    assert (found.compress, found.look_for_keys, found.ciphers) == (False, True, ("aes256-ctr",))
    assert found.disabled_algorithms == {"pubkeys": ("rsa-sha2-256",)}
    assert (found.host_key, found.passphrase) == ("ssh-ed25519 AAAA", "passphrase")


@pytest.mark.parametrize(
    ("extra", "checked"),
    [
        ({}, True),
        ({"no_host_key_check": "true"}, False),
        ({"no_host_key_check": True}, False),
        ({"no_host_key_check": "false"}, True),
        ({"ignore_hostkey_verification": "true"}, False),
        ({"ignore_hostkey_verification": "true", "no_host_key_check": "false"}, True),
        ({"allow_host_key_change": "True"}, False),
    ],
)
def test_host_keys_are_checked_unless_an_extra_says_not(extra: dict[str, Any], checked: bool) -> None:
    assert access(extra=extra).check_host_key is checked


@pytest.mark.parametrize(
    ("changes", "tried"),
    [
        ({}, False),
        ({"password": ""}, True),
        ({"password": "", "extra": {"key_file": "/key"}}, False),
        ({"extra": {"look_for_keys": "true"}}, True),
    ],
)
def test_the_workers_own_keys_are_tried_only_without_credentials_or_if_asked_for(
    changes: dict[str, Any], tried: bool
) -> None:
    assert access(**changes).look_for_keys is tried


def test_every_mistake_is_named_at_once() -> None:
    text = mistakes(
        host="",
        login=" ",
        password="short",
        extra={
            "key_file": "/key",
            "private_key": "one line",
            "host_key": "ssh-ed25519 AAAA",
            "no_host_key_check": "true",
            "compress": "perhaps",
            "conn_timeout": "soon",
            "cmd_timeout": -1,
            "ciphers": "aes256-ctr",
            "disabled_algorithms": ["x"],
        },
    )
    assert text.startswith("connection 'wh' (SFTP): 11 mistakes")
    for part in (
        "Host: missing.",
        "Username: missing.",
        "Private key, Key file: both are given",
        "Private key: its first and last line",
        "Host key: it is given, and no_host_key_check",
        "Password: has only 5 characters",
        "compress: write true or false.",
        "conn_timeout: write a number of seconds",
        "cmd_timeout: write a number of seconds",
        "ciphers: write a list of names.",
        "disabled_algorithms: write an object",
    ):
        assert part in text


@pytest.mark.parametrize("host", ["sftp.example.com/in", "https://sftp.example.com", "a b", "h:99999", "h:0"])
def test_a_host_that_is_no_address_is_a_mistake(host: str) -> None:
    assert "is no address; write for example sftp.example.com" in mistakes(host=host)


def test_nothing_shows_a_secret() -> None:
    secret = {"private_key": "-----BEGIN\nsecret", "private_key_passphrase": "secret-words"}
    shown = repr(access(password="secret-password", login="secret-login", extra=secret))
    assert "secret" not in shown


def test_secret_fields_are_those_that_airflow_masks() -> None:
    masked = ("password", "private_key", "passphrase")
    secrets = [field.name for field in FIELDS if field.secret]
    assert secrets == ["password", "extra.private_key", "extra.private_key_passphrase"]
    assert all(any(word in name for word in masked) for name in secrets)
