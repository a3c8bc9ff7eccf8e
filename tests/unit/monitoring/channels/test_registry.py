from __future__ import annotations

import logging

import pytest

from cartage.connections import Connection
from cartage.errors import SettingsError
from cartage.lanes.settings.lane import Lane
from cartage.monitoring import Alert, AlertsFailed, ChannelFailed, channels_of, send

ALERT = Alert("demo", "import_orders", "t", "w", "m")


class _Channel:
    def __init__(self, name: str, failure: Exception | None = None) -> None:
        self.name = name
        self.sent: list[Alert] = []
        self._failure = failure

    def deliver(self, alert: Alert) -> None:
        if self._failure:
            raise self._failure
        self.sent.append(alert)


class _Nobody:
    def get(self, connection_id: str) -> Connection | None:
        return None


def _lane(alerts: dict[str, object]) -> Lane:
    return Lane.model_validate(
        {
            "name": "demo",
            "store": {"connection": "s", "time_zone": "UTC", "go_live": "2026-01-01"},
            "warehouse": {"connector": "extensiv", "connection": "w"},
            "alerts": alerts,
        }
    )


def test_a_failed_channel_does_not_stop_the_others_and_every_failure_is_named(
    caplog: pytest.LogCaptureFixture,
) -> None:
    good = _Channel("good")
    channels = [
        _Channel("e-mail", ChannelFailed("e-mail", "no response", "Check it.")),
        _Channel("odd", KeyError("a fault of our own")),
        good,
    ]
    with caplog.at_level(logging.INFO, logger="cartage"), pytest.raises(AlertsFailed) as caught:
        send(ALERT, channels)
    assert good.sent == [ALERT]
    assert list(caught.value.failures) == ["e-mail", "odd"]
    assert "2 of 3 channels" in str(caught.value)
    assert caplog.text.count("alert not sent") == 2
    assert caplog.text.count("alert sent") == 1


def test_nothing_is_raised_when_every_channel_delivers() -> None:
    send(ALERT, [_Channel("a"), _Channel("b")])
    send(ALERT, [])


def test_a_lane_without_alerts_has_no_channel() -> None:
    assert channels_of(_lane({}), _Nobody()) == []


def test_a_missing_connection_fails_its_own_channel_when_it_is_used() -> None:
    email = {"connection": "smtp", "sender": "a@example.com", "to": ["b@example.com"]}
    channels = channels_of(_lane({"email": email, "webhook": {"connection": "hook"}}), _Nobody())
    assert [channel.name for channel in channels] == [
        "e-mail (connection 'smtp')",
        "webhook (connection 'hook')",
    ]
    for channel in channels:
        with pytest.raises(SettingsError, match="not found"):
            channel.deliver(ALERT)
