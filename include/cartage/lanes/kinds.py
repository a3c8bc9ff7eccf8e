"""What settings are made of: the base class of a section, and types such as durations, time zones and crons.

Each type rejects what it does not know, with a message and a fix. Nothing is guessed.
"""

from __future__ import annotations

import re
from datetime import timedelta
from difflib import get_close_matches
from email.utils import parseaddr
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
)
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

_PART = re.compile(r"(\d{1,9})\s*([smhd])")
_DURATION = re.compile(r"\s*(\d{1,9}\s*[smhd]\s*)+")
_SECONDS = {"d": 86400, "h": 3600, "m": 60, "s": 1}
# 3dcart-api.md, section 5.
_FIRST_STATUS, _LAST_STATUS = 1, 19
# A century: added to any date that an order can have, it gives a valid date.
PAGE_NAME = re.compile(r"\{([^{}]*)\}")
_HOST = re.compile(r"https://[A-Za-z0-9.\-]+(:\d+)?/[!-~]*$")
PAGE_NAMES = ("order_id", "invoice", "reference", "remote_id")
"""What a page's address may name of an order: the store's OrderID and number, our reference, the warehouse's number."""

_LONGEST = timedelta(days=36500)
_DURATION_SCHEMA: dict[str, Any] = {
    "type": "string",
    "pattern": r"^\s*(\d{1,9}\s*[smhd]\s*)+$",
    "examples": ["90s", "10m", "1h 30m"],
}


class Settings(BaseModel):
    """A section of settings: rejects unknown names, and cannot be changed once read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def settings_of(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """Return the settings of a section by the names that they have in the file."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def setting_error(what: str, fix: str) -> PydanticCustomError:
    """Return the error that a validator raises: what is wrong with a setting, and how to fix it."""
    return PydanticCustomError("setting", "{what}", {"what": what, "fix": fix})


def duration_text(value: timedelta) -> str:
    """Return a duration as settings write it, in the largest unit that divides it: `10m`, `36h`, `365d`."""
    seconds = int(value.total_seconds())
    unit = next(name for name, size in _SECONDS.items() if seconds % size == 0)
    return f"{seconds // _SECONDS[unit]}{unit}"


def _duration(value: object) -> object:
    if isinstance(value, timedelta):
        return value
    fix = "Write a number and a unit, for example 90s, 10m, 6h, 30d or '1h 30m'."
    if not isinstance(value, str) or not _DURATION.fullmatch(value):
        raise setting_error("is not a duration", fix)
    seconds = sum(int(count) * _SECONDS[unit] for count, unit in _PART.findall(value))
    if seconds > _LONGEST.total_seconds():
        raise setting_error("is too long", f"Write at most {duration_text(_LONGEST)}.")
    return timedelta(seconds=seconds)


def _positive_duration(value: object) -> object:
    found = _duration(value)
    if found == timedelta(0):
        raise setting_error("must be longer than 0", "Write at least 1s.")
    return found


def _duration_or_never(value: object) -> object:
    return value if value == "never" else _positive_duration(value)


def _time_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (LookupError, ValueError, OSError):  # an unknown key, a key that leaves the folder, a folder
        raise setting_error(f"{value!r} is not a time zone", _zone_fix(value)) from None
    return value


def _zone_fix(value: str) -> str:
    near = get_close_matches(value.replace(" ", "_"), available_timezones(), n=1)
    return f"Did you mean {near[0]!r}?" if near else "Write an IANA name such as America/New_York."


def _cron(value: str) -> str:
    """Reject what Airflow would reject: it raises while it reads the DAG file, which drops every lane of it."""
    from croniter import CroniterError, croniter

    fix = "Write five fields in quotes such as '*/5 * * * *' (UTC)."
    if len(value.split()) != 5:
        raise setting_error(f"{value!r} is not a cron expression", fix)
    try:
        croniter(value).get_next()
    except (CroniterError, ValueError) as error:
        raise setting_error(f"{value!r} is a cron expression that never runs ({error})", fix) from None
    return value


def _cron_or_off(value: object) -> object:
    """YAML reads a bare `off` as false."""
    if value is False or value == "off":
        return "off"
    if not isinstance(value, str):
        raise setting_error(
            "is not a cron expression", "Write five fields in quotes such as '15 4 * * *' (UTC), or off."
        )
    return _cron(value)


def _mail_address(value: str) -> str:
    _, address = parseaddr(value)
    before, _, after = address.rpartition("@")
    if not before or not after or any(not char.isprintable() for char in value):
        raise setting_error(
            f"{value!r} is not an e-mail address", "Write an address such as operations@example.com."
        )
    return value


def _page_address(value: str) -> str:
    """Reject what is no address of a page about an order: it becomes a link."""
    fix = (
        "Write the address that the browser shows for an order, with {order_id} or so in place of its number."
    )
    names = PAGE_NAME.findall(value)
    if unknown := [name for name in names if name not in PAGE_NAMES]:
        known = ", ".join(f"{{{name}}}" for name in PAGE_NAMES)
        raise setting_error(f"{{{unknown[0]}}} is not one of {known}", fix)
    if not names or not value.startswith("https://") or not _HOST.match(value):
        raise setting_error(f"{value!r} is not the address of an order's page", fix)
    return value


def _settings_text(value: Any) -> Any:
    return duration_text(value) if isinstance(value, timedelta) else value


def _status(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise setting_error(
            "is not an order status", "Write its id, such as 1, or its label in the store in quotes."
        )
    if isinstance(value, int) and not _FIRST_STATUS <= value <= _LAST_STATUS:
        raise setting_error(f"{value} is not an order status", "3dcart's order statuses are 1 to 19.")
    if isinstance(value, str) and not value.strip():
        raise setting_error("is empty", "Write the status's id, such as 1, or its label in the store.")
    return value.strip() if isinstance(value, str) else value


def _currency(value: str) -> str:
    if value and not _CURRENCY.fullmatch(value):
        raise setting_error(
            f"{value!r} is no code of a currency", "Write three capital letters, such as USD."
        )
    return value


_CURRENCY = re.compile(r"[A-Z]{3}")
_AS_TEXT = PlainSerializer(_settings_text, when_used="json")

Duration = Annotated[timedelta, BeforeValidator(_duration), _AS_TEXT, WithJsonSchema(_DURATION_SCHEMA)]
PositiveDuration = Annotated[
    timedelta, BeforeValidator(_positive_duration), _AS_TEXT, WithJsonSchema(_DURATION_SCHEMA)
]
DurationOrNever = Annotated[
    timedelta | Literal["never"],
    BeforeValidator(_duration_or_never),
    _AS_TEXT,
    WithJsonSchema({"anyOf": [_DURATION_SCHEMA, {"const": "never"}]}),
]
# An order status of the store: its OrderStatusID, which never changes, or the label that the merchant gave it.
StatusRef = Annotated[
    int | str,
    BeforeValidator(_status),
    WithJsonSchema(
        {"anyOf": [{"type": "integer", "minimum": 1, "maximum": 19}, {"type": "string", "minLength": 1}]}
    ),
]
PageAddress = Annotated[str, AfterValidator(_page_address)]
# Empty, or the code of a currency.
Currency = Annotated[
    str, AfterValidator(_currency), WithJsonSchema({"pattern": "^([A-Z]{3})?$", "type": "string"})
]
MailAddress = Annotated[str, AfterValidator(_mail_address)]
TimeZone = Annotated[str, AfterValidator(_time_zone)]
Cron = Annotated[str, AfterValidator(_cron)]
CronOrOff = Annotated[
    str,
    BeforeValidator(_cron_or_off),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"const": False}], "examples": ["15 4 * * *", "off"]}),
]
ConnectionId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.\-]{1,200}$")]
