"""The settings of a lane: one store tied to one warehouse, with its mappings, schedules and policies.

Each section is a module of this package. Every setting has a description, which becomes its line in the manual and in
the JSON schema.
"""

from __future__ import annotations

import math
import re
from datetime import timedelta
from typing import Self

from pydantic import Field, field_validator, model_validator

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
from cartage.lanes.settings.store import StoreSettings
from cartage.lanes.settings.warehouse import WarehouseSettings

LANE_NAME = re.compile(r"[a-z][a-z0-9_]{0,30}")
# Of so many calls that the store accepts, a look for new orders may take one.
_CALLS_PER_LOOK = 10


class Lane(Settings):
    """One store tied to one warehouse."""

    name: str = Field(
        pattern=f"^{LANE_NAME.pattern}$", description="Short name; part of every DAG id of the lane."
    )
    mode: Mode = Field(
        default=Mode.LIVE,
        description="off; shadow (reads everything, writes nothing outside, shows what it would send); live; drain "
        "(imports no new orders, finishes open ones).",
    )
    store: StoreSettings = Field(description="The store.")
    warehouse: WarehouseSettings = Field(description="The warehouse.")
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
