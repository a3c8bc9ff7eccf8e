"""The settings of a lane: one store tied to one warehouse, with its mappings, schedules and policies.

Every setting has a description, which is its line in the manual and in the exported JSON schema.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from cartage.lanes.connectors import Connector
from cartage.lanes.kinds import (
    ConnectionId,
    Cron,
    MailAddress,
    Pace,
    PositiveDuration,
    StatusRef,
    TimeZone,
    duration_text,
    wrong,
)

LANE_NAME = re.compile(r"[a-z][a-z0-9_]{0,30}")
# Statuses that an order has once it was dealt with, or before it is one: 3dcart-api.md, section 5.
NEVER_READY = {
    2: "Processing",
    3: "Partial",
    4: "Shipped",
    5: "Cancel",
    7: "Not Completed (abandoned carts)",
}


class Mode(StrEnum):
    """What a lane does to the outside."""

    OFF = "off"  # nothing at all
    SHADOW = "shadow"  # everything but writes: payloads are shown instead of sent
    LIVE = "live"
    DRAIN = "drain"  # takes in no new order, finishes what it has


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


class OrderText(StrEnum):
    """A text of the order that the warehouse may be given."""

    CUSTOMER_COMMENTS = "customer_comments"
    INTERNAL_COMMENTS = "internal_comments"
    EXTERNAL_COMMENTS = "external_comments"
    CHECKOUT_QUESTIONS = "checkout_questions"
    GIFT_MESSAGE = "gift_message"
    PO_NUMBER = "po_number"


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Exclude(_Settings):
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


class StoreSettings(_Settings):
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


class WarehouseSettings(_Settings):
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


class ShipMethodRule(_Settings):
    """One ship method of the store, and what it is called at the warehouse."""

    store: str = Field(
        min_length=1, description="The store's text, compared exactly, then by letters and digits only."
    )
    carrier: str = Field(min_length=1, description="The warehouse's carrier.")
    service: str = Field(default="", description="The carrier's service.")
    billing: str = Field(
        default="", description="Who pays the carrier, e.g. Prepaid; empty: the connector's default."
    )
    account: str = Field(default="", description="Carrier account to bill.")
    scac: str = Field(default="", description="The carrier's SCAC code, where the warehouse wants it.")


class Schedules(_Settings):
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


class Limits(_Settings):
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


class EmailAlerts(_Settings):
    """Alerts by e-mail."""

    connection: ConnectionId = Field(description="Airflow connection of type SMTP.")
    sender: MailAddress = Field(description="From address.")
    to: tuple[MailAddress, ...] = Field(min_length=1, description="Receivers.")


class WebhookAlerts(_Settings):
    """Alerts to a Slack-compatible incoming webhook."""

    connection: ConnectionId = Field(
        description="Airflow connection of type HTTP; its password is the secret part of the URL."
    )


class Alerts(_Settings):
    """Who is told when something fails."""

    email: EmailAlerts | None = Field(default=None, description="E-mail; none if absent.")
    webhook: WebhookAlerts | None = Field(
        default=None, description="Slack-compatible webhook; none if absent."
    )


class Retention(_Settings):
    """How long data is kept in the ledger. Identity, state, hashes and package keys are kept for ever."""

    personal_data: PositiveDuration = Field(
        default=timedelta(days=365), description="Addresses, names, comments."
    )
    payloads: PositiveDuration = Field(
        default=timedelta(days=90), description="What was sent to the warehouse, in full."
    )


class Changes(_Settings):
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


class Cutover(_Settings):
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


class Preflight(_Settings):
    """How far the daily preflight looks."""

    days: int = Field(
        default=30, ge=1, le=365, description="Days of orders whose ship methods are looked at."
    )
    write_check: bool = Field(
        default=True,
        description="Ask the store whether it lets Cartage write, by an update that names no order.",
    )


class Lane(_Settings):
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
    ship_methods: tuple[ShipMethodRule, ...] = Field(
        default=(), description="The store's ship methods and what they are called at the warehouse."
    )
    schedules: Schedules = Field(default_factory=Schedules, description="When the lane's DAGs run.")
    limits: Limits = Field(default_factory=Limits, description="Bounds on calls, ages and times.")
    changes: Changes = Field(
        default_factory=Changes, description="What is done when the store changes a transferred order."
    )
    cutover: Cutover = Field(default_factory=Cutover, description="How the earlier system named its orders.")
    preflight: Preflight = Field(default_factory=Preflight, description="How far the preflight looks.")
    alerts: Alerts = Field(default_factory=Alerts, description="Who is told when something fails.")
    retention: Retention = Field(default_factory=Retention, description="How long data is kept.")

    @field_validator("mode", mode="before")
    @classmethod
    def _off_is_no_boolean(cls, value: object) -> object:
        """YAML reads a bare `off` as false."""
        return Mode.OFF.value if value is False else value
