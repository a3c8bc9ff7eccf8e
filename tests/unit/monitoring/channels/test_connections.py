from __future__ import annotations

from typing import Any

import pytest

from cartage.connections import Connection
from cartage.errors import SettingsError
from cartage.monitoring.channels.smtp import SmtpServer
from cartage.monitoring.channels.webhook import webhook_url

SECRET = "T000/B000/s3cr3t"


@pytest.mark.parametrize(
    ("fields", "url"),
    [
        ({"host": "hooks.slack.com/services"}, f"https://hooks.slack.com/services/{SECRET}"),
        ({"host": "https://hooks.slack.com/services/"}, f"https://hooks.slack.com/services/{SECRET}"),
        ({"host": "127.0.0.1", "schema": "http", "port": 8065}, f"http://127.0.0.1:8065/{SECRET}"),
        ({"host": "ignored", "password": "https://a.example/x"}, "https://a.example/x"),
        ({"host": "https://a.example/hook", "password": ""}, "https://a.example/hook"),
        ({"host": "a.example", "schema": "https", "password": "/leading"}, "https://a.example/leading"),
    ],
)
def test_a_webhook_address_is_the_host_and_the_secret_path(fields: dict[str, Any], url: str) -> None:
    assert webhook_url(Connection(**{"id": "hook", "password": SECRET, **fields})) == url


@pytest.mark.parametrize("fields", [{"host": ""}, {"host": "a", "schema": "services"}, {"host": "ftp://a"}])
def test_an_invalid_address_is_refused_without_showing_it(fields: dict[str, Any]) -> None:
    with pytest.raises(SettingsError) as caught:
        webhook_url(Connection(**{"id": "hook", "password": SECRET, **fields}))
    assert "s3cr3t" not in str(caught.value)


@pytest.mark.parametrize(
    ("extra", "port", "tls", "starttls"),
    [
        ({}, 465, True, False),
        ({"disable_tls": True}, 465, True, False),
        ({"disable_ssl": True}, 587, False, True),
        ({"disable_ssl": "true", "disable_tls": "true"}, 25, False, False),
        ({"disable_ssl": "false"}, 465, True, False),
    ],
)
def test_encryption_settings_have_the_meaning_of_airflows_smtp_connections(
    extra: dict[str, Any], port: int, tls: bool, starttls: bool
) -> None:
    server = SmtpServer.from_connection(Connection(id="smtp", host="mail.example.com", extra=extra))
    assert (server.port, server.tls, server.starttls) == (port, tls, starttls)


@pytest.mark.parametrize("connection", [{"host": " "}, {"host": "a", "extra": {"timeout": "soon"}}])
def test_an_incomplete_mail_connection_is_named(connection: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match="connection 'smtp'"):
        SmtpServer.from_connection(Connection(id="smtp", **connection))


def test_no_repr_shows_a_password() -> None:
    server = SmtpServer.from_connection(Connection(id="smtp", host="a", login="me", password="hunter2"))
    assert "hunter2" not in repr(server)
    assert "me" not in repr(server).split("host")[0]
