"""Orders that were sent already and that the store lists again: what intake hands to the change watch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from cartage.intake.order_rows import NewOrder

if TYPE_CHECKING:
    from cartage.runtime.context import StageContext


@dataclass(frozen=True, slots=True)
class SeenAgain:
    """An order of this lane that the store listed again after at least one part of it was sent.

    `new` is the order as it would be imported now, with its groups. `read_at` is when the request left.
    """

    sales_order_id: int
    new: NewOrder
    read_at: datetime


# Called inside the transaction of the page that listed the orders; returns counts. Intake does not know the capability
# that watches changes, so the caller of a stage passes this function in.
WatchSent = Callable[["StageContext", Connection, Sequence[SeenAgain]], dict[str, int]]
