"""What an action on many orders did, or would do: the orders that it moves, and why others stay as they are. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from cartage.model.states import State


@dataclass(frozen=True, slots=True)
class Left:
    """Why an order stays as it is, said of one order and of many."""

    one: str
    many: str

    def of(self, count: int) -> str:
        """Return the reason of so many orders: `2 stay shipped`."""
        return f"{count} {self.one if count == 1 else self.many}"


def stays(state: State) -> Left:
    """Return the reason of an order whose state does not allow the action."""
    words = state.value.replace("_", " ")
    return Left(f"stays {words}", f"stay {words}")


@dataclass(frozen=True, slots=True)
class BulkResult:
    """What an action did, or would do: the orders that it moves, and why it leaves the others, by their ids.

    `gone` are orders that the lanes do not have, or that a later generation replaced.
    """

    moved: tuple[int, ...] = ()
    left: Mapping[int, Left] = field(default_factory=dict)
    gone: int = 0

    def __add__(self, other: BulkResult) -> BulkResult:
        """Return both together."""
        return BulkResult((*self.moved, *other.moved), {**self.left, **other.left}, self.gone + other.gone)

    @property
    def left_words(self) -> str:
        """How many orders stay as they are, by reason: `2 stay shipped, 1 stays held`."""
        return ", ".join(why.of(count) for why, count in Counter(self.left.values()).items())
