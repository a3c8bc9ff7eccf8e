"""What a look at the warehouse finds: whether the credentials work, and what the lane's settings name."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WarehouseCheck:
    """Whether the credentials work; `text` describes the account, or the problem and its fix."""

    ok: bool
    text: str


@dataclass(frozen=True, slots=True)
class Inspected:
    """Something that the lane's settings refer to, looked up at the warehouse. `ok` is None if it cannot be seen.

    `thing` names it ("facility 1"), `text` says what was found, `fix` what to do about it. With `warns`
    nothing is wrong with the settings, but people should know.
    """

    thing: str
    ok: bool | None
    text: str
    fix: str = ""
    warns: bool = False
