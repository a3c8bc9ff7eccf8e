from __future__ import annotations

import logging
import socket
import traceback
from typing import Any

import pytest

from cartage.connections import Connection
from cartage.lanes.settings.alerts import WebhookAlerts
from cartage.monitoring import Alert, ChannelFailed
from cartage.monitoring.channels import posting
from cartage.monitoring.channels.webhook import WebhookChannel

ALERT = Alert("demo", "import_orders", "A & B", "Orders wait.", "Check.", link="https://a.example/x")
SECRET = "T000/B000/s3cr3t"


class _Only:
    def __init__(self, port: int) -> None:
        self._connection = Connection(id="hook", host="127.0.0.1", schema="http", port=port, password=SECRET)

    def get(self, connection_id: str) -> Connection | None:
        return self._connection


def _channel(port: int) -> WebhookChannel:
    return WebhookChannel(WebhookAlerts(connection="hook"), _Only(port))


def _failure(port: int) -> ChannelFailed:
    with pytest.raises(ChannelFailed) as caught:
        _channel(port).deliver(ALERT)
    return caught.value


def test_an_alert_arrives_at_the_secret_address_in_slacks_format(receiver: Any) -> None:
    _channel(receiver.port).deliver(ALERT)
    ((path, body),) = receiver.posts
    assert path == f"/{SECRET}"
    assert "A &amp; B" in body["text"]
    assert {block["type"] for block in body["blocks"]} == {"section"}


def test_a_receiver_that_fails_once_is_tried_again(receiver: Any) -> None:
    receiver.statuses = [503]
    _channel(receiver.port).deliver(ALERT)
    assert len(receiver.posts) == 2


def test_a_refusal_is_reported_with_its_status_and_not_repeated(receiver: Any) -> None:
    receiver.statuses = [403]
    assert "HTTP 403" in str(_failure(receiver.port))
    assert len(receiver.posts) == 1


def test_a_redirect_is_not_followed(receiver: Any) -> None:
    receiver.statuses = [302, 302, 302]
    assert "HTTP 302" in str(_failure(receiver.port))
    assert {path for path, _ in receiver.posts} == {f"/{SECRET}"}


def test_a_receiver_that_never_responds_times_out(receiver: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting, "_READ_TIMEOUT", 0.2)
    receiver.silent = True
    assert "no response within the timeout" in str(_failure(receiver.port))


def test_no_error_traceback_or_log_shows_the_secret(receiver: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="cartage")
    receiver.statuses = [500, 502, 503]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        closed = listener.getsockname()[1]
    for port in (receiver.port, closed):
        failure = _failure(port)
        shown = "".join(traceback.format_exception(failure))
        assert failure.__context__ is failure.__cause__ is None
        assert "s3cr3t" not in shown
    own = [record.getMessage() for record in caplog.records if record.name.startswith("cartage")]
    assert own
    assert "s3cr3t" not in "\n".join(own)
