"""The settings of a lane: one store tied to one warehouse, with its mappings, schedules and policies.

Every setting has a description, which is its line in the manual and in the exported JSON schema.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Self
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator

from cartage.lanes.connectors import Connector
from cartage.lanes.modes import Mode
from cartage.lanes.settings.alerts import Alerts
from cartage.lanes.settings.base import Settings
from cartage.lanes.settings.checks import Checks, HoldRule
from cartage.lanes.settings.inventory import Inventory
from cartage.lanes.settings.kinds import (
    ConnectionId,
    Cron,
    Pace,
    PositiveDuration,
    StatusRef,
    TimeZone,
    duration_text,
    wrong,
)
from cartage.lanes.settings.mappings import MappingSource, ShipMethodRule, SkuSetting

LANE_NAME = re.compile(r"[a-z][a-z0-9_]{0,30}")
# Statuses that an order has once it was dealt with, or before it is one: 3dcart-api.md, section 5.
NEVER_READY = {
    2: "Processing",
    3: "Partial",
    4: "Shipped",
    5: "Cancel",
    7: "Not Completed (abandoned carts)",
}


class OddOrder(StrEnum):
    """What becomes of an order that may not be meant for the warehouse."""

    SHIP = "ship"
    SKIP = "skip"


class OnCancel(StrEnum):
    """What is done when the store cancels or holds an order that the warehouse already has."""

    CANCEL = "cancel"  # at the warehouse, if it still can; else a person is asked
    ASK = "ask"


class OnEdit(StrEnum):
    """What is done when the store changes an order that the warehouse already has."""

    RESEND = (
        "resend"  # cancel at the warehouse and send the new version; a person is asked if it cannot cancel
    )
    ASK = "ask"


class WhenAbsent(StrEnum):
    """What is done with an order of which nobody knows whether it was sent, where a repeat might ship it twice."""

    ASK = "ask"
    SEND = "send"


class Drain(StrEnum):
    """Which of the orders that wait goes first."""

    OLDEST = "oldest"
    EXPRESS = "express"


class HistoryWindows(StrEnum):
    """How long a window of `orders_history` is."""

    HOURLY = "hourly"
    DAILY = "daily"


class Bundles(StrEnum):
    """Which lines of a bundle are shipped; never both."""

    COMPONENTS = "components"
    PARENT = "parent"


class FurtherPackages(StrEnum):
    """Where the store is told of an order's packages beyond the first."""

    FIELD = "field"  # in the field of the first, one behind the other
    SHIPMENTS = "shipments"  # each in a shipment of its own, created in the store
    COMMENTS = "comments"  # in the order's internal comments, added to what is there


class OrderText(StrEnum):
    """A text of the order that the warehouse may be given."""

    CUSTOMER_COMMENTS = "customer_comments"
    INTERNAL_COMMENTS = "internal_comments"
    EXTERNAL_COMMENTS = "external_comments"
    CHECKOUT_QUESTIONS = "checkout_questions"
    GIFT_MESSAGE = "gift_message"
    PO_NUMBER = "po_number"


class Exclude(Settings):
    """Lines that this lane's warehouse does not ship. 3dcart does not say what kind a product is."""

    skus: tuple[str, ...] = Field(
        default=(), description="SKUs, with * and ? as wildcards, in any letter case, e.g. GIFT-*."
    )
    weightless: bool = Field(
        default=False, description="Lines of no weight: digital goods, where every real product has a weight."
    )
    store_warehouses: tuple[int, ...] = Field(
        default=(),
        description="3dcart warehouse ids (ItemWarehouseID) that another ships from: drop-shippers.",
    )


class StoreSettings(Settings):
    """The store of a lane."""

    connection: ConnectionId = Field(description="Airflow connection of type 3dcart.")
    time_zone: TimeZone = Field(
        description="The store's own time zone (IANA name); 3dcart's times have no zone."
    )
    import_status: StatusRef = Field(
        default=1,
        description="Order status that marks an order as ready to ship: its id (1 is New) or label.",
    )
    processing_status: StatusRef = Field(
        default=2, description="Status of an order that the warehouse has: id or label."
    )
    partial_status: StatusRef = Field(
        default=3, description="Status of an order of which a part has shipped: id or label."
    )
    shipped_status: StatusRef = Field(
        default=4, description="Status of an order of which all has shipped: id or label."
    )
    go_live: date = Field(
        description="First day (store's time) that Cartage answers for; orders placed before it are skipped."
    )
    bundles: Bundles = Field(
        default=Bundles.COMPONENTS, description="Ship a bundle as its components, or as the parent SKU."
    )
    exclude: Exclude = Field(default_factory=Exclude, description="Lines that never reach the warehouse.")
    zero_value: OddOrder = Field(default=OddOrder.SHIP, description="Orders of amount 0: ship, or skip.")
    gift_certificate_only: OddOrder = Field(
        default=OddOrder.SHIP, description="Orders paid with gift certificates alone: ship, or skip."
    )

    @field_validator("import_status")
    @classmethod
    def _can_be_ready(cls, value: int | str) -> int | str:
        if value in NEVER_READY:
            raise wrong(
                f"{value} is {NEVER_READY[int(value)]}: such orders are not ready to ship", "1 is New."
            )
        return value

    @model_validator(mode="after")
    def _each_status_means_one_thing(self) -> Self:
        """An order moves along these; labels are compared once they are resolved."""
        seen: dict[int | str, str] = {}
        for name in ("import_status", "processing_status", "partial_status", "shipped_status"):
            value = getattr(self, name)
            key = value.casefold() if isinstance(value, str) else value
            if key in seen:
                raise wrong(
                    f"{name} and {seen[key]} are both {value}", "Give each of the four a status of its own."
                )
            seen[key] = name
        return self

    def zone(self) -> ZoneInfo:
        """The store's time zone."""
        return ZoneInfo(self.time_zone)

    def live_since(self) -> datetime:
        """The instant at which the go-live day begins at the store."""
        return datetime.combine(self.go_live, time(), tzinfo=self.zone())


class WarehouseSettings(Settings):
    """The warehouse of a lane."""

    connector: Connector = Field(description="Name of the connector, e.g. extensiv.")
    connection: ConnectionId = Field(description="Airflow connection of the connector's type.")
    settings: dict[str, Any] = Field(default_factory=dict, description="The connector's own settings.")
    texts: tuple[OrderText, ...] = Field(
        default=(OrderText.CUSTOMER_COMMENTS,),
        description="Texts of the order that go to the warehouse as notes.",
    )
    gift_question: str = Field(
        default="*gift message*",
        description="Title of the checkout question that holds the gift message; * and ? are wildcards.",
    )
    po_question: str = Field(
        default="*PO*number*",
        description="Title of the checkout question that holds the purchase order's number; likewise.",
    )
    catalogue_age: PositiveDuration = Field(
        default=timedelta(hours=6), description="How old the cached list of the warehouse's items may become."
    )
    when_absent: WhenAbsent = Field(
        default=WhenAbsent.ASK,
        description="An order that may have been sent, and that a warehouse which would take it twice does not show: "
        "ask a person, or send it.",
    )


class Schedules(Settings):
    """When the lane's DAGs run, in UTC."""

    orders: Cron = Field(
        default="*/5 * * * *", description="Cron of the orders DAG; each run covers one window."
    )
    shipments: Cron = Field(default="*/10 * * * *", description="Cron of the shipments DAG.")
    sweep_every: Pace = Field(
        default=timedelta(minutes=5),
        description="How often, at most, the newest run also reads the whole import status; or never.",
    )
    watch_every: Pace = Field(
        default=timedelta(minutes=15),
        description="How often, at most, the newest run reads what changed in the store, in any status; or never.",
    )
    history_windows: HistoryWindows = Field(
        default=HistoryWindows.DAILY, description="Windows of orders_history: hourly or daily."
    )
    preflight: Cron = Field(default="0 6 * * *", description="Cron of the preflight DAG.")


class Limits(Settings):
    """Bounds on calls, ages and times."""

    burst: int = Field(default=50, ge=1, description="Size of the store's leaky bucket, in calls.")
    calls_per_second: float = Field(
        default=2.0, gt=0, allow_inf_nan=False, description="Pace at which the store's bucket leaks."
    )
    background_share: float = Field(
        default=0.5, gt=0, le=1, description="Share of the store's calls that backfilled windows may take."
    )
    freshness: PositiveDuration = Field(
        default=timedelta(minutes=10),
        description="Oldest copy of an order that may be sent to the warehouse.",
    )
    guard: PositiveDuration = Field(
        default=timedelta(seconds=60),
        description="Oldest reading of an order's status on which a write may rely.",
    )
    lease: PositiveDuration = Field(
        default=timedelta(minutes=5), description="How long a run's claim on an order lasts."
    )
    drain: Drain = Field(
        default=Drain.OLDEST,
        description="Which orders are sent first when many wait: the oldest, or those with an express ship method.",
    )
    express: tuple[str, ...] = Field(
        default=("*express*", "*overnight*", "*next day*", "*2nd day*", "*two day*", "*priority*"),
        description="The store's ship methods that are express; * and ? are wildcards, in any letter case.",
    )
    threads: int = Field(default=8, ge=1, le=32, description="Calls to the warehouse at the same time.")
    connect_timeout: PositiveDuration = Field(
        default=timedelta(seconds=10), description="To reach store or warehouse."
    )
    read_timeout: PositiveDuration = Field(
        default=timedelta(seconds=60), description="To wait for an answer."
    )
    task_timeout: PositiveDuration = Field(
        default=timedelta(minutes=30), description="Longest run of one task."
    )

    @model_validator(mode="after")
    def _a_claim_outlives_a_request(self) -> Self:
        """A request is sent only while its claim has more time left than the request can live."""
        longest = self.connect_timeout + self.read_timeout
        if self.lease <= longest:
            raise wrong(
                f"lease {duration_text(self.lease)} is not longer than one request can live "
                f"(connect_timeout and read_timeout, together {duration_text(longest)})",
                "Lengthen lease or shorten the timeouts; nothing would ever be sent.",
            )
        return self


class Retention(Settings):
    """How long data is kept in the ledger. Identity, state, hashes and package keys are kept for ever."""

    personal_data: PositiveDuration = Field(
        default=timedelta(days=365), description="Addresses, names, comments."
    )
    payloads: PositiveDuration = Field(
        default=timedelta(days=90), description="What was sent to the warehouse, in full."
    )


class Changes(Settings):
    """What is done when the store changes an order that the warehouse already has."""

    cancelled: OnCancel = Field(
        default=OnCancel.CANCEL,
        description="The order was cancelled: cancel it at the warehouse if that still can, or ask.",
    )
    held: OnCancel = Field(
        default=OnCancel.ASK, description="The order was put on hold: cancel at the warehouse, or ask."
    )
    edited: OnEdit = Field(
        default=OnEdit.ASK,
        description="Address or lines were changed: cancel and send anew, or ask.",
    )


class PostBack(Settings):
    """How the store is told what has shipped."""

    further_packages: FurtherPackages = Field(
        default=FurtherPackages.FIELD,
        description="Where tracking numbers beyond an order's first go: field (beside it, as far as 100 characters "
        "reach), shipments (each in a shipment of its own, created in the store), comments (internal comments).",
    )
    hold: PositiveDuration | None = Field(
        default=None,
        description="Tell the store of a package once the carrier has it, or this long after it shipped at the latest; "
        "until then a voided label leaves no trace. Absent: at once.",
    )


class Cutover(Settings):
    """How the system before Cartage named its orders at the warehouse; needed once, at the cutover."""

    old_reference: str = Field(
        default="{invoice}",
        description="Its reference for an order, made of {invoice}, {order_id} and {shipment_id}.",
    )

    @field_validator("old_reference")
    @classmethod
    def _names_an_order(cls, value: str) -> str:
        names = re.findall(r"\{(\w*)\}", value)
        unknown = sorted(set(names) - {"invoice", "order_id", "shipment_id"})
        if unknown or not {"invoice", "order_id"} & set(names):
            raise wrong(
                f"{value!r} does not name an order",
                "Use {invoice} or {order_id}, and {shipment_id} if need be.",
            )
        return value


class Preflight(Settings):
    """How far the daily preflight looks."""

    days: int = Field(
        default=30, ge=1, le=365, description="Days of orders whose ship methods are looked at."
    )
    write_check: bool = Field(
        default=True,
        description="Ask the store whether it lets Cartage write, by an update that names no order.",
    )


class RequiredActions(Settings):
    """Causes as questions in Airflow's own Required Actions."""

    connection: ConnectionId | None = Field(
        default=None,
        description="Airflow connection of type HTTP to this Airflow's own API, of a user with few rights; "
        "none: nothing is asked there.",
    )
    decided_by: tuple[str, ...] = Field(
        default=(),
        description="Ids of the Airflow users who may answer there, also by a mapping. Empty: whoever may answer "
        "required actions in Airflow, but without mappings.",
    )
    most: int = Field(default=50, ge=1, le=500, description="Questions that may be open at the same time.")


class Lane(Settings):
    """One store tied to one warehouse."""

    name: str = Field(
        pattern=f"^{LANE_NAME.pattern}$", description="Short name; part of every DAG id of the lane."
    )
    mode: Mode = Field(
        default=Mode.LIVE,
        description="off; shadow (reads, writes nothing outside, shows what it would send); live; "
        "drain (takes in no new order, finishes what it has).",
    )
    store: StoreSettings = Field(description="The store.")
    warehouse: WarehouseSettings = Field(description="The warehouse.")
    mappings: MappingSource = Field(
        default=MappingSource.FILES,
        description="Where ship methods and SKUs are mapped: files (here), or ledger (`cartage mappings`).",
    )
    ship_methods: tuple[ShipMethodRule, ...] = Field(
        default=(), description="The store's ship methods and what they are called at the warehouse."
    )
    skus: tuple[SkuSetting, ...] = Field(
        default=(),
        description="SKUs that are called or packed otherwise at the warehouse; all others are equal.",
    )
    checks: Checks = Field(default_factory=Checks, description="What else an order is checked for.")
    holds: tuple[HoldRule, ...] = Field(
        default=(), description="Orders that wait for somebody to look at them (`cartage holds`)."
    )
    schedules: Schedules = Field(default_factory=Schedules, description="When the lane's DAGs run.")
    limits: Limits = Field(default_factory=Limits, description="Bounds on calls, ages and times.")
    changes: Changes = Field(
        default_factory=Changes, description="What is done when the store changes a transferred order."
    )
    post_back: PostBack = Field(
        default_factory=PostBack, description="How the store is told what has shipped."
    )
    cutover: Cutover = Field(default_factory=Cutover, description="How the earlier system named its orders.")
    preflight: Preflight = Field(default_factory=Preflight, description="How far the preflight looks.")
    inventory: Inventory | None = Field(
        default=None,
        description="Stock from the warehouse to the store; none if absent. `{}` for all defaults.",
    )
    required_actions: RequiredActions = Field(
        default_factory=RequiredActions,
        description="Blocked orders as questions in Airflow's Required Actions.",
    )
    alerts: Alerts = Field(default_factory=Alerts, description="Who is told when something is wrong.")
    retention: Retention = Field(default_factory=Retention, description="How long data is kept.")

    @model_validator(mode="after")
    def _mapped_in_one_place(self) -> Self:
        if self.mappings is MappingSource.LEDGER and (self.ship_methods or self.skus):
            raise wrong(
                "mappings are kept in the ledger, and ship_methods or skus stand here as well",
                "Put these into the ledger (`cartage mappings import` takes what `export` wrote), then remove them.",
            )
        return self

    @field_validator("holds")
    @classmethod
    def _named_once(cls, value: tuple[HoldRule, ...]) -> tuple[HoldRule, ...]:
        names = [one.name for one in value]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise wrong(f"two rules are named {twice[0]!r}", "Give each a name of its own.")
        return value

    @field_validator("mode", mode="before")
    @classmethod
    def _off_is_no_boolean(cls, value: object) -> object:
        """YAML reads a bare `off` as false."""
        return Mode.OFF.value if value is False else value
