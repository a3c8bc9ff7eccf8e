"""The kinds of values in Extensiv's responses, and its resources: HAL with embedded rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from cartage.warehouses.api.rows import last_part
from cartage.warehouses.api.values import (
    Key,
    Number,
    Numbers,
    Quantity,
    Rows,
    Text,
    Written,
    as_whole,
)
from cartage.warehouses.extensiv.wire.stamps import parse_stamp

__all__ = [
    "Key",
    "Number",
    "Numbers",
    "Quantity",
    "Resource",
    "Rows",
    "Stamp",
    "Status",
    "Text",
    "Written",
    "also",
]

_STATUSES = (0, 1, 2)


def _status(value: object) -> object:
    status = as_whole(value)
    if isinstance(status, bool) or str(status).strip() not in map(str, _STATUSES):
        raise ValueError(f"not one of {', '.join(map(str, _STATUSES))}")
    return status


def _object(value: object) -> None:
    if not isinstance(value, Mapping):
        raise ValueError("not an object")  # noqa: TRY004 - pydantic reports a ValueError as a fault of the field


Status = Annotated[int, BeforeValidator(_status)]
Stamp = Annotated[datetime | None, BeforeValidator(parse_stamp)]


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
