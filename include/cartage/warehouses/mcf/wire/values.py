"""The kinds of values that only these APIs have. Each reads what it can, and refuses the rest with a reason."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BeforeValidator, ConfigDict
from pydantic.alias_generators import to_camel

from cartage.warehouses.api.values import Record

_FIRST_YEAR, _LAST_YEAR = 1900, 8999
_LONGEST = 64


class AmazonOrderStatus(StrEnum):
    """The status of a fulfillment order (the description of the API, FulfillmentOrderStatus)."""

    NEW = "New"
    RECEIVED = "Received"
    PLANNING = "Planning"
    PROCESSING = "Processing"
    CANCELLED = "Cancelled"
    COMPLETE = "Complete"
    COMPLETE_PARTIALLED = "CompletePartialled"
    UNFULFILLABLE = "Unfulfillable"
    INVALID = "Invalid"


class AmazonShipmentStatus(StrEnum):
    """The status of a shipment (the description of the API, FulfillmentShipment)."""

    PENDING = "PENDING"
    SHIPPED = "SHIPPED"
    CANCELLED_BY_FULFILLER = "CANCELLED_BY_FULFILLER"
    CANCELLED_BY_SELLER = "CANCELLED_BY_SELLER"


def _status(value: object) -> object:
    return value.strip() if isinstance(value, str) else value


def _stamp(value: object) -> datetime | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) > _LONGEST:
        raise ValueError("not a time")
    stamp = datetime.fromisoformat(value.strip())
    if not _FIRST_YEAR <= stamp.year <= _LAST_YEAR:
        raise ValueError("not a plausible time")
    return stamp.astimezone(UTC) if stamp.tzinfo else stamp.replace(tzinfo=UTC)


Stamp = Annotated[datetime | None, BeforeValidator(_stamp)]
OrderState = Annotated[AmazonOrderStatus | None, BeforeValidator(_status)]
ShipmentState = Annotated[AmazonShipmentStatus, BeforeValidator(_status)]


class AmazonRecord(Record):
    """An object of Amazon's responses, in camel case."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)
