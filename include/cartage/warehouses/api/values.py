"""The kinds of values in the responses of APIs. Each reads what it can, and refuses the rest with a reason."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, model_validator

from cartage.model.texts import strip_controls

# What identifies something (an id, a SKU, a tracking number) is compared and indexed, so it is never shortened.
_LONGEST_KEY = 250
_LONGEST_TEXT = 2_000
# No quantity comes near it; a larger one is a fault, as is one with more decimals than any unit has.
_LARGEST = Decimal(10) ** 12
_SMALLEST_EXPONENT = -12
# What may stand between several tracking numbers in one field.
_BETWEEN = re.compile(r"[\s,;/|]+")


def _text(value: object) -> str:
    """Read null as empty and a whole number as its digits. Drop padding, and shorten what is absurdly long."""
    return _printed(value).strip()[:_LONGEST_TEXT]


def _key(value: object) -> str:
    return _whole_key(_printed(value).strip())


def _numbers(value: object) -> str:
    """Read a text that may hold several tracking numbers; half of a number is none, so it is never shortened."""
    text = _printed(value).strip()
    if len(text) > _LONGEST_TEXT or any(len(part) > _LONGEST_KEY for part in _BETWEEN.split(text)):
        raise ValueError("longer than tracking numbers are")
    return text


def _written(value: object) -> str:
    """Read as a key, but keep padding."""
    return _whole_key(_printed(value))


def _whole_key(text: str) -> str:
    if len(text) > _LONGEST_KEY:
        raise ValueError(f"longer than {_LONGEST_KEY} characters")
    return text


def _printed(value: object) -> str:
    if isinstance(value, str):
        return strip_controls(value)
    if value is None:
        return ""
    value = as_whole(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("not a text")  # noqa: TRY004 - pydantic reports a ValueError as a fault of the field
    return str(value)


def as_whole(value: object) -> object:
    """Return a number with nothing behind its point, such as 123.0, as the whole number that it is."""
    if isinstance(value, Decimal) and value.is_finite() and abs(value) <= _LARGEST and value == int(value):
        return int(value)
    return value


def _number(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("not a number")  # noqa: TRY004 - as above
    return value


def _plausible(value: Decimal) -> Decimal:
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or exponent < _SMALLEST_EXPONENT or abs(value) > _LARGEST:
        raise ValueError("not a plausible number")
    return value


def _not_negative(value: Decimal) -> Decimal:
    if value < 0:
        raise ValueError("less than 0")
    return value


T = TypeVar("T")
Key = Annotated[str, BeforeValidator(_key)]
Text = Annotated[str, BeforeValidator(_text)]
Written = Annotated[str, BeforeValidator(_written)]
Numbers = Annotated[str, BeforeValidator(_numbers)]
# A decimal of any sign: a stock may be negative.
Number = Annotated[Decimal, BeforeValidator(_number), AfterValidator(_plausible)]
Quantity = Annotated[Number, AfterValidator(_not_negative)]
Rows = tuple[T, ...]


class Record(BaseModel):
    """An object of a response: unknown fields are ignored, and null is absent."""

    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True)

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, data: object) -> object:
        if not isinstance(data, Mapping):
            return data
        return {name: value for name, value in data.items() if value is not None}
