"""Settings of a lane's limits: how fast it calls, how old data may be, how long things last and are kept."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from cartage.lanes.kinds import PositiveDuration, Settings, duration_text, setting_error


class SendFirst(StrEnum):
    """Which of the waiting orders are sent first."""

    OLDEST = "oldest"
    EXPRESS = "express"


class Limits(Settings):
    """Limits on calls, ages and times."""

    burst: int = Field(
        default=50, ge=1, description="Calls that the store accepts at once (the size of its leaky bucket)."
    )
    calls_per_second: float = Field(
        default=2.0,
        gt=0,
        allow_inf_nan=False,
        description="Calls per second that the store accepts continuously (the rate at which its bucket leaks).",
    )
    background_share: float = Field(
        default=0.5,
        gt=0,
        le=1,
        description="Share of the calls to store and warehouse that backfills may use, from 0 to 1.",
    )
    warehouse_burst: int | None = Field(
        default=None,
        ge=1,
        description="Calls that the warehouse accepts at once; empty: as its vendor documents, if it does.",
    )
    warehouse_calls_per_second: float | None = Field(
        default=None,
        gt=0,
        allow_inf_nan=False,
        description="Calls per second that the warehouse accepts continuously; empty: as its vendor documents, if it "
        "does. A rate that its responses name replaces both.",
    )
    freshness: PositiveDuration = Field(
        default=timedelta(minutes=10),
        description="Maximum age of an order's copy when it is sent to the warehouse; older ones are read again.",
    )
    status_freshness: PositiveDuration = Field(
        default=timedelta(seconds=60),
        description="Maximum age of an order's status when a write to the store relies on it.",
    )
    lease: PositiveDuration = Field(
        default=timedelta(minutes=5), description="How long a run's claim on an order lasts."
    )
    send_first: SendFirst = Field(
        default=SendFirst.OLDEST,
        description="Which waiting orders are sent first: oldest, or express (see limits.express).",
    )
    express: tuple[str, ...] = Field(
        default=("*express*", "*overnight*", "*next day*", "*2nd day*", "*two day*", "*priority*"),
        description="The store's express ship methods; * and ? are wildcards, in any letter case.",
    )
    threads: int = Field(default=8, ge=1, le=32, description="Simultaneous calls to the warehouse.")
    connect_timeout: PositiveDuration = Field(
        default=timedelta(seconds=10), description="Maximum time to connect to the store or warehouse."
    )
    read_timeout: PositiveDuration = Field(
        default=timedelta(seconds=60), description="Maximum time until a response has arrived in full."
    )
    task_timeout: PositiveDuration = Field(
        default=timedelta(minutes=30), description="Maximum run time of one task."
    )

    @model_validator(mode="after")
    def _lease_outlasts_a_request(self) -> Self:
        """A request is sent only while its claim lasts longer than the request can."""
        longest = self.connect_timeout + self.read_timeout
        if self.lease <= longest:
            raise setting_error(
                f"lease {duration_text(self.lease)} is not longer than the longest request "
                f"(connect_timeout and read_timeout, together {duration_text(longest)})",
                "Lengthen lease or shorten the timeouts; otherwise nothing is ever sent.",
            )
        return self


class Retention(Settings):
    """How long the ledger keeps data. Identity, state, hashes and package keys are never deleted."""

    personal_data: PositiveDuration = Field(
        default=timedelta(days=365), description="Names, addresses and comments."
    )
    payloads: PositiveDuration = Field(
        default=timedelta(days=90), description="Complete requests to the warehouse."
    )
