"""Orders that were sent already and that a list of the store shows again: what intake hands to the change watch."""

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
    """An order of this lane that the store showed again, at least one part of which was sent.

    `new` is the order as import would take it in now, with its groups; `read_at` is when the request left.
    """

    sales_order_id: int
    new: NewOrder
    read_at: datetime


# Called inside the transaction of the page that showed the orders; returns counts. Intake does not know the capability
# that follows changes: whoever runs a stage hands it in.
WatchSent = Callable[["StageContext", Connection, Sequence[SeenAgain]], dict[str, int]]
