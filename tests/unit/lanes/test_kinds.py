from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from cartage.lanes.kinds import (
    Cron,
    Duration,
    MailAddress,
    PositiveDuration,
    TimeZone,
    duration_text,
)


def _read(kind: Any, value: object) -> Any:
    return TypeAdapter(kind).validate_python(value)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("10m", 600), ("6h", 21600), ("30d", 2592000), ("1h 30m", 5400), (" 5 m ", 300), ("0s", 0)],
)
def test_durations_are_numbers_with_units(text: str, seconds: int) -> None:
    assert _read(Duration, text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "value",
    [10, 1.5, True, None, "", "10", "m", "-5m", "1.5h", "PT5M", "5 minutes", "9" * 30 + "d", "999999999d"],
)
def test_a_value_without_a_unit_is_not_a_duration(value: object) -> None:
    with pytest.raises(ValidationError):
        _read(Duration, value)


def test_a_positive_duration_is_longer_than_0() -> None:
    with pytest.raises(ValidationError, match="longer than 0"):
        _read(PositiveDuration, "0s")


@pytest.mark.parametrize("text", ["90s", "10m", "36h", "365d", "1s"])
def test_a_duration_is_written_the_way_it_is_read(text: str) -> None:
    assert duration_text(_read(Duration, text)) == text


def test_a_model_serialises_durations_like_settings() -> None:
    assert TypeAdapter(Duration).dump_python(timedelta(minutes=5), mode="json") == "5m"


@pytest.mark.parametrize("value", ["America/New_York", "UTC", "Europe/Paris"])
def test_time_zones_are_iana_names(value: str) -> None:
    assert _read(TimeZone, value) == value


@pytest.mark.parametrize("value", ["EDT5", "America", "../etc/passwd", "/etc/localtime", "", "New York"])
def test_a_value_that_is_not_an_iana_name_is_rejected(value: str) -> None:
    with pytest.raises(ValidationError, match="not a time zone"):
        _read(TimeZone, value)


@pytest.mark.parametrize("value", ["*/5 * * * *", "0 6 * * MON-FRI", "15,45 8-18 1 1 *"])
def test_crons_have_five_fields(value: str) -> None:
    assert _read(Cron, value) == value


@pytest.mark.parametrize(
    "value", ["", "@daily", "* * * *", "* * * * * *", "99 * * * *", "0 0 31 2 *", "a b c d e", "*/0 * * * *"]
)
def test_a_cron_that_airflow_would_reject_is_rejected(value: str) -> None:
    with pytest.raises(ValidationError):
        _read(Cron, value)


@pytest.mark.parametrize("value", ["ops@example.com", "Cartage <cartage@example.com>"])
def test_mail_addresses_may_have_a_name(value: str) -> None:
    assert _read(MailAddress, value) == value


@pytest.mark.parametrize("value", ["ops", "@example.com", "ops@", "", "a@b.c\nBcc: x@y.z"])
def test_a_value_that_is_not_a_mail_address_is_rejected(value: str) -> None:
    with pytest.raises(ValidationError):
        _read(MailAddress, value)
