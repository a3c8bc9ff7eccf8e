"""What the suite needs of a connector's sandbox: to build the connector, cause things, and tell the truth.

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
    """What can happen to the next submit: to its answer after the effect, or to its request before."""

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
    """An order as the sandbox truly holds it. `accepted_as` is the reference that was submitted."""

    remote_id: str
    reference: str
    accepted_as: str
    state: str
    lines: Mapping[str, Decimal]
    name: str
    tracking: tuple[str, ...]


class Harness(ABC):
    """One running sandbox, fresh for each test."""

    @abstractmethod
    def open(self) -> Warehouse:
        """The connector, on the sandbox, with good credentials."""

    @abstractmethod
    def open_impatient(self) -> Warehouse:
        """The connector, waiting for an answer less long than `RESPONSE_LATE` takes."""

    @abstractmethod
    def open_unreachable(self) -> Warehouse:
        """The connector, on an address where nobody listens."""

    @abstractmethod
    def open_with_wrong_credentials(self) -> Warehouse:
        """The connector, with a secret that is not accepted."""

    @abstractmethod
    def seed(self, skus: Sequence[str], *, quantity: int = 100, active: bool = True) -> None:
        """Have the warehouse know items, with stock."""

    @abstractmethod
    def advance(self, time: timedelta) -> None:
        """Let time pass at the warehouse."""

    @abstractmethod
    def go_wrong(self, mishap: Mishap) -> None:
        """Have the next submit go wrong."""

    @abstractmethod
    def hide_new_orders(self, time: timedelta) -> None:
        """From now on, an order is found by a search only so long after it was made."""

    @abstractmethod
    def ship(self, references: Sequence[str], *, packages: int = 1) -> None:
        """Ship orders, each in so many packages."""

    @abstractmethod
    def take_back(self, reference: str) -> None:
        """Void the labels of a shipped order, and open it again."""

    @abstractmethod
    def split(self, reference: str) -> list[str]:
        """Split an order in two; returns the references of its parts."""

    @abstractmethod
    def cancel(self, reference: str) -> None:
        """Have the warehouse cancel an order of its own accord."""

    @abstractmethod
    def change(self, reference: str) -> None:
        """Change something of an order, so that it counts as modified now."""

    @abstractmethod
    def receive(self, count: int) -> list[str]:
        """Put so many orders of one line into the warehouse by itself; returns their references."""

    @abstractmethod
    def page_size(self) -> int:
        """How many orders the connector reads at once."""

    @abstractmethod
    def held(self) -> list[Held]:
        """The oracle: every order that the warehouse holds, split parts among them."""

    @abstractmethod
    def made(self, reference: str) -> int:
        """The oracle: how often an order was made under this reference."""

    @abstractmethod
    def submitted(self) -> list[dict[str, Any]]:
        """The oracle: the content of every submit, as it was received."""

    @abstractmethod
    def requests(self) -> int:
        """The oracle: how many requests the sandbox has seen."""
