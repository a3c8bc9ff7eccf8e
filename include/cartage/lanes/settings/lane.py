"""The settings of a lane: one store tied to its warehouse or warehouses, with mappings, schedules and policies.

Each section is a module of this package. Every setting has a description, which becomes its line in the manual and in
the JSON schema.
"""

from __future__ import annotations

import math
import re
from datetime import timedelta
from typing import Self

from pydantic import ConfigDict, Field, PrivateAttr, field_validator, model_validator

from cartage.lanes.kinds import Settings, duration_text, setting_error
from cartage.lanes.modes import Mode
from cartage.lanes.settings.alerts import Alerts
from cartage.lanes.settings.changes import Changes
from cartage.lanes.settings.checks import Checks, HoldRule
from cartage.lanes.settings.go_live import Cutover, Preflight
from cartage.lanes.settings.inventory import Inventory
from cartage.lanes.settings.limits import Limits, Retention
from cartage.lanes.settings.mappings import MappingSource, ShipMethodRule, SkuSetting
from cartage.lanes.settings.post_back import PostBack
from cartage.lanes.settings.reports import Reconciliation, Reports
from cartage.lanes.settings.required_actions import RequiredActions
from cartage.lanes.settings.schedules import Schedules
from cartage.lanes.settings.several.routing import RoutingRule
from cartage.lanes.settings.several.views import inventory_at, reports_at, ship_methods_at, skus_at
from cartage.lanes.settings.several.warehouses import NamedWarehouse, WarehouseName
from cartage.lanes.settings.store import StoreSettings
from cartage.lanes.settings.warehouse import WarehouseSettings

LANE_NAME = re.compile(r"[a-z][a-z0-9_]{0,30}")
# Of so many calls that the store accepts, a look for new orders may take one.
_CALLS_PER_LOOK = 10


class Lane(Settings):
    """One store tied to one warehouse, or to several by name."""

    # A lane with several is used from one warehouse at a time: `at` returns the lane as that warehouse sees it, with
    # its ship methods, SKUs, stock settings and promise. The whole lane then has no `warehouse`.

    model_config = ConfigDict(serialize_by_alias=True)

    name: str = Field(
        pattern=f"^{LANE_NAME.pattern}$", description="Short name; part of every DAG id of the lane."
    )
    mode: Mode = Field(
        default=Mode.LIVE,
        description="off; shadow (reads everything, writes nothing outside, shows what it would send); live; drain "
        "(imports no new orders, finishes open ones).",
    )
    store: StoreSettings = Field(description="The store.")
    single: WarehouseSettings | None = Field(
        default=None,
        alias="warehouse",
        description="The warehouse. A lane with several has `warehouses` instead.",
    )
    warehouses: dict[WarehouseName, NamedWarehouse] = Field(
        default_factory=dict,
        description="Instead of `warehouse`: several warehouses by name. The name is part of task ids: a-z, 0-9 and "
        "single underscores.",
    )
    routing: tuple[RoutingRule, ...] = Field(
        default=(),
        description="With `warehouses`: rules that say which warehouse ships which lines; the first that a line meets "
        "decides. Lines that meet none go to the first warehouse.",
    )
    mappings: MappingSource = Field(
        default=MappingSource.FILES,
        description="Where ship methods and SKUs are mapped: files (this file) or ledger (`cartage mappings`).",
    )
    ship_methods: tuple[ShipMethodRule, ...] = Field(
        default=(), description="The store's ship methods and their names at the warehouse."
    )
    skus: tuple[SkuSetting, ...] = Field(
        default=(),
        description="SKUs that have another name or pack size at the warehouse; all others are the same there.",
    )
    checks: Checks = Field(default_factory=Checks, description="Further checks of each order.")
    holds: tuple[HoldRule, ...] = Field(
        default=(), description="Rules that hold orders until a person has looked at them (`cartage holds`)."
    )
    schedules: Schedules = Field(default_factory=Schedules, description="When the lane's DAGs run.")
    limits: Limits = Field(default_factory=Limits, description="Limits on calls, ages and times.")
    changes: Changes = Field(
        default_factory=Changes,
        description="What happens when the store changes an order that was already sent.",
    )
    post_back: PostBack = Field(
        default_factory=PostBack, description="How shipments are reported to the store."
    )
    cutover: Cutover = Field(default_factory=Cutover, description="How the old system named its orders.")
    preflight: Preflight = Field(default_factory=Preflight, description="How far preflight looks.")
    reconciliation: Reconciliation = Field(
        default_factory=Reconciliation, description="How store, ledger and warehouse are compared."
    )
    inventory: Inventory | None = Field(
        default=None,
        description="Stock from the warehouse to the store; none if absent. `{}` for all defaults.",
    )
    required_actions: RequiredActions = Field(
        default_factory=RequiredActions, description="Decisions in Airflow's Required Actions."
    )
    alerts: Alerts = Field(
        default_factory=Alerts, description="Who is notified when something is wrong, and when."
    )
    reports: Reports = Field(
        default_factory=Reports, description="The promise to buyers, and the weekly report."
    )
    retention: Retention = Field(
        default_factory=Retention,
        description="How long the ledger keeps data. Identity and state are never deleted.",
    )

    # The lane that this is a view of, and from which of its warehouses; None and empty for the lane itself.
    _whole: Lane | None = PrivateAttr(default=None)
    _seen_from: str = PrivateAttr(default="")

    @property
    def warehouse(self) -> WarehouseSettings:
        """The lane's warehouse, or the one that the lane is seen from.

        Raises:
            LookupError: if the lane has several, and is not seen from one of them.
        """
        if self.single is None:
            names = ", ".join(self.warehouses)
            raise LookupError(
                f"lane {self.name} has several warehouses ({names}): use the lane at one of them"
            )
        return self.single

    @property
    def warehouse_name(self) -> str:
        """The warehouse that the lane is seen from; empty for the lane itself, and for a lane with one `warehouse`."""
        return self._seen_from

    def warehouse_names(self) -> tuple[str, ...]:
        """Return the names of the lane's warehouses in their order; one empty name for a lane with one `warehouse`."""
        return tuple(self.warehouses) or ("",)

    def at(self, name: str) -> Lane:
        """Return the lane as its warehouse of this name sees it; for the empty name of a single warehouse the lane.

        It is a shallow copy, made in microseconds.

        Raises:
            LookupError: if the lane has no such warehouse.
        """
        whole = self._whole or self
        if not whole.warehouses and not name:
            return whole
        if name not in whole.warehouses:
            names = ", ".join(map(repr, whole.warehouse_names()))
            raise LookupError(f"lane {self.name} has no warehouse {name!r}; it has {names}")
        found = whole.warehouses[name]
        view = whole.model_copy(
            update={
                "single": found,
                "ship_methods": ship_methods_at(found, whole.ship_methods),
                "skus": skus_at(found, whole.skus),
                "inventory": whole.inventory and inventory_at(found, whole.inventory),
                "reports": reports_at(found, whole.reports),
            }
        )
        view._whole, view._seen_from = whole, name  # noqa: SLF001 - a lane of this class
        return view

    def views(self) -> tuple[Lane, ...]:
        """Return the lane as each of its warehouses sees it; of a lane seen from one warehouse, this view."""
        return (self,) if self._whole else tuple(map(self.at, self.warehouse_names()))

    @model_validator(mode="after")
    def _in_one_form(self) -> Self:
        if not self.single and not self.warehouses:
            raise setting_error("has no warehouse", "Write warehouse, or several by name under warehouses.")
        if self.single and self.warehouses:
            raise setting_error("has both warehouse and warehouses", "Keep one of the two.")
        if self.single and self.routing:
            raise setting_error(
                "has routing and one warehouse", "Remove routing, or write several warehouses by name."
            )
        return self

    @model_validator(mode="after")
    def _mapped_in_one_place(self) -> Self:
        if self.mappings is MappingSource.LEDGER and (self.ship_methods or self.skus):
            raise setting_error(
                "mappings are kept in the ledger, but ship_methods or skus are set here as well",
                "Import them into the ledger (`cartage mappings import` reads what `export` writes), then remove them.",
            )
        return self

    @model_validator(mode="after")
    def _looks_leave_calls_for_orders(self) -> Self:
        every, per_second = self.schedules.look_for_orders_every, self.limits.calls_per_second
        if isinstance(every, timedelta) and every.total_seconds() * per_second < _CALLS_PER_LOOK:
            raise setting_error(
                f"schedules.look_for_orders_every {duration_text(every)} would take more than a tenth of the store's "
                f"calls (limits.calls_per_second {per_second:g})",
                f"Write at least {duration_text(timedelta(seconds=math.ceil(_CALLS_PER_LOOK / per_second)))}.",
            )
        return self

    @field_validator("holds")
    @classmethod
    def _hold_names_differ(cls, value: tuple[HoldRule, ...]) -> tuple[HoldRule, ...]:
        names = [rule.name for rule in value]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise setting_error(f"two rules are named {twice[0]!r}", "Give each rule its own name.")
        return value

    @field_validator("mode", mode="before")
    @classmethod
    def _read_bare_off(cls, value: object) -> object:
        """YAML reads a bare `off` as false."""
        return Mode.OFF.value if value is False else value
