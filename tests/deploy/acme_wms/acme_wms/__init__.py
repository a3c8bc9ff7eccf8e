"""A connector of somebody else: what another package needs to add a warehouse to Cartage, and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from cartage.connections import ConnectionField

if TYPE_CHECKING:
    from cartage.connections import Connection
    from cartage.http import Timeouts
    from cartage.warehouses.contract import RequestValidator, Warehouse


class AcmeSettings(BaseModel):
    """The settings of a lane at Acme."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    depot: str = Field(min_length=1, description="The depot that ships.")


SETTINGS = AcmeSettings
FIELDS = (ConnectionField("login", "Customer number", "The customer number at Acme."),)
STOCK_SETTINGS = ("depot",)
ASKED_SETTINGS: tuple[str, ...] = ()


def open_warehouse(
    connection: Connection, settings: AcmeSettings, *, timeouts: Timeouts | None = None, threads: int = 16
) -> Warehouse:
    """Build the connector, without a call."""
    from acme_wms.connector import AcmeWarehouse

    return AcmeWarehouse(connection, settings)


def validator(settings: AcmeSettings) -> RequestValidator:
    """Return a check of requests. Acme accepts everything."""
    return lambda _: ()
