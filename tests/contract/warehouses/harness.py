"""What the suite needs from a connector's sandbox: build the connector, cause events, and report the facts.

`held` and `made` are the oracle. They ask the sandbox, never the connector.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import Enum, auto
from typing import Any

from cartage.warehouses.contract import Warehouse


class Mishap(Enum):
    """What can happen to the next submit: to its response after the effect, or to its request before."""

    RESPONSE_CUT = auto()
    RESPONSE_HALF = auto()
    RESPONSE_GARBAGE = auto()
    RESPONSE_ERROR = auto()
    RESPONSE_LATE = auto()
    REQUEST_CUT = auto()
    REQUEST_ERROR = auto()


AFTER_THE_EFFECT = (
    Mishap.RESPONSE_CUT,
    Mishap.RESPONSE_HALF,
    Mishap.RESPONSE_GARBAGE,
    Mishap.RESPONSE_ERROR,
)
BEFORE_THE_EFFECT = (Mishap.REQUEST_CUT, Mishap.REQUEST_ERROR)


@dataclass(frozen=True)
class Held:
    """An order as the sandbox actually holds it. `accepted_as` is the submitted reference."""

    remote_id: str
    reference: str
    accepted_as: str
    state: str
    lines: Mapping[str, Decimal]
    name: str
    tracking: tuple[str, ...]


class Harness(ABC):
    """A running sandbox, fresh for each test."""

    @abstractmethod
    def open(self) -> Warehouse:
        """Return the connector on the sandbox, with good credentials."""

    @abstractmethod
    def open_impatient(self) -> Warehouse:
        """Return the connector with a timeout shorter than `RESPONSE_LATE` takes."""

    @abstractmethod
    def open_unreachable(self) -> Warehouse:
        """Return the connector at an address where nothing listens."""

    @abstractmethod
    def open_with_wrong_credentials(self) -> Warehouse:
        """Return the connector with a secret that is not accepted."""

    @abstractmethod
    def seed(self, skus: Sequence[str], *, quantity: int = 100, active: bool = True) -> None:
        """Add items with stock to the warehouse."""

    @abstractmethod
    def advance(self, time: timedelta) -> None:
        """Advance the time at the warehouse."""

    @abstractmethod
    def go_wrong(self, mishap: Mishap) -> None:
        """Make the next submit fail."""

    @abstractmethod
    def hide_new_orders(self, time: timedelta) -> None:
        """From now on, let a search find an order only this long after its creation."""

    @abstractmethod
    def ship(self, references: Sequence[str], *, packages: int = 1) -> None:
        """Ship orders, each in this many packages."""

    @abstractmethod
    def take_back(self, reference: str) -> None:
        """Void the labels of a shipped order and reopen it."""

    @abstractmethod
    def split(self, reference: str) -> list[str]:
        """Split an order in two. Return the references of its parts."""

    @abstractmethod
    def cancel(self, reference: str) -> None:
        """Cancel an order as the warehouse itself would."""

    @abstractmethod
    def change(self, reference: str) -> None:
        """Change something in an order, so that it counts as modified now."""

    @abstractmethod
    def receive(self, count: int) -> list[str]:
        """Add this many orders with one line directly to the warehouse. Return their references."""

    @abstractmethod
    def page_size(self) -> int:
        """Return how many orders the connector reads at once."""

    @abstractmethod
    def held(self) -> list[Held]:
        """The oracle: return every order that the warehouse holds, including split children."""

    @abstractmethod
    def made(self, reference: str) -> int:
        """The oracle: return how often an order was created under this reference."""

    @abstractmethod
    def submitted(self) -> list[dict[str, Any]]:
        """The oracle: return the content of every submit, as received."""

    @abstractmethod
    def requests(self) -> int:
        """The oracle: return how many requests the sandbox has received."""
