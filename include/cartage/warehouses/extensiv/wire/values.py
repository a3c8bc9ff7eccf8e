"""The kinds of values in Extensiv's responses. Each reads what it can, and refuses the rest with a reason."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)
from pydantic.alias_generators import to_camel

from cartage.model.texts import strip_controls
from cartage.warehouses.extensiv.wire.stamps import parse_stamp

# What identifies something (an id, a SKU, a tracking number) is compared and indexed, so it is never shortened.
_LONGEST_KEY = 250
_LONGEST_TEXT = 2_000
# No quantity comes near it; a larger one is a fault, as is one with more decimals than any unit has.
_LARGEST = Decimal(10) ** 12
_SMALLEST_EXPONENT = -12
_STATUSES = (0, 1, 2)
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
    value = _as_whole(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("not a text")  # noqa: TRY004 - pydantic reports a ValueError as a fault of the field
    return str(value)


def _as_whole(value: object) -> object:
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


def _status(value: object) -> object:
    status = _as_whole(value)
    if isinstance(status, bool) or str(status).strip() not in map(str, _STATUSES):
        raise ValueError(f"not one of {', '.join(map(str, _STATUSES))}")
    return status


def _object(value: object) -> None:
    if not isinstance(value, Mapping):
        raise ValueError("not an object")  # noqa: TRY004 - as above


T = TypeVar("T")
Key = Annotated[str, BeforeValidator(_key)]
Text = Annotated[str, BeforeValidator(_text)]
Written = Annotated[str, BeforeValidator(_written)]
Numbers = Annotated[str, BeforeValidator(_numbers)]
# A decimal of any sign: a stock may be negative.
Number = Annotated[Decimal, BeforeValidator(_number), AfterValidator(_plausible)]
Quantity = Annotated[Number, AfterValidator(_not_negative)]
Status = Annotated[int, BeforeValidator(_status)]
Stamp = Annotated[datetime | None, BeforeValidator(parse_stamp)]
Rows = tuple[T, ...]


def also(*names: str) -> Any:
    """Return a field of rows that are under one of these names."""
    return Field(default=(), validation_alias=AliasChoices(*names))


class Resource(BaseModel):
    """A HAL resource. What it embeds is read like its own fields, by the last part of the rel's URL; null is absent."""

    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True, alias_generator=to_camel)

    # Read like own fields, and not kept; what is no object is a fault, and not nothing.
    embedded: Annotated[None, BeforeValidator(_object)] = Field(default=None, validation_alias="_embedded")

    @model_validator(mode="before")
    @classmethod
    def _unembed(cls, data: object) -> object:
        if not isinstance(data, Mapping):
            return data
        fields = {name: value for name, value in data.items() if value is not None}
        embedded = fields.get("_embedded")
        if not isinstance(embedded, Mapping):
            return fields
        return {**{last_part(rel): rows for rel, rows in embedded.items() if rows is not None}, **fields}


def last_part(rel: str) -> str:
    """Return the last part of a rel's URL: what embeds `http://.../rels/orders/item` is read as `item`."""
    return rel.rpartition("/")[2].lower()
