"""Events in the store between two calls of a client: a person edits an order, a new order arrives.

An intervention is data, armed through the control API. It strikes once, just before or just after the nth call.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from cartage_sandbox.threedcart.control.admin import Admin
from cartage_sandbox.threedcart.data.state import StoreState


@dataclass
class Intervention:
    """`route` is searched in "METHOD /path"; `edits` are arguments of `Admin.edit`; `place` are seeds."""

    route: str
    nth: int = 1
    moment: Literal["before", "after"] = "before"
    edits: Sequence[Mapping[str, Any]] = ()
    place: Sequence[Any] = ()
    seen: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        """Raise ValueError if a field makes no sense."""
        if self.moment not in ("before", "after") or self.nth < 1:
            raise ValueError("moment is before or after; nth counts from 1")
        re.compile(self.route)

    def due(self, target: str) -> bool:
        """Count a call, and return whether the intervention strikes now."""
        if re.search(self.route, target):
            self.seen += 1
            return self.seen == self.nth
        return False


class Interventions:
    """The armed interventions of a store. Used under the state's lock."""

    def __init__(self, state: StoreState, admin: Admin) -> None:
        self._state, self._admin = state, admin
        self._armed: list[Intervention] = []

    def arm(self, given: Mapping[str, Any]) -> None:
        """Arm an intervention from plain data. Raises TypeError or ValueError."""
        self._armed.append(Intervention(**given))

    def clear(self) -> None:
        """Disarm all interventions."""
        self._armed.clear()

    def around(self, target: str, serve: Callable[[], Any]) -> Any:
        """Call `serve`, with the interventions that are due before and after it. Return its result."""
        if not self._armed:
            return serve()
        due = [each for each in self._armed if each.due(target)]
        self._armed = [each for each in self._armed if each not in due]
        self._strike(each for each in due if each.moment == "before")
        reply = serve()
        self._strike(each for each in due if each.moment == "after")
        return reply

    def _strike(self, due: Any) -> None:
        for each in due:
            for edit in each.edits:
                self._admin.edit(**edit)
            for given in each.place:
                self._state.place(given)
