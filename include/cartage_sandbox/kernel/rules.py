"""Rules: every behaviour of an emulator that is notable or can be switched, with the evidence for it.

A rule changes behaviour only; it never carries data.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

RuleValue = bool | int | float | str | None


class Evidence(StrEnum):
    """How well a rule is known to match the real API."""

    DOCUMENTED = "documented"
    OBSERVED = "observed"
    ASSUMED = "assumed"


class RuleError(ValueError):
    """Unknown rule, or a value that the rule does not accept."""


@dataclass(frozen=True)
class Rule:
    """A behaviour: its default value, what it does, and the source."""

    name: str
    value: RuleValue
    evidence: Evidence | str
    source: str
    choices: tuple[RuleValue, ...] = ()
    about: str = ""

    def checked(self, value: RuleValue) -> RuleValue:
        """Return `value` if the rule accepts it. Raises RuleError with the accepted values."""
        if self.choices:
            if any(value == choice and type(value) is type(choice) for choice in self.choices):
                return value
            raise RuleError(f"rule {self.name}: {value!r} is not one of {list(self.choices)}")
        if not _same_kind(self.value, value):
            raise RuleError(f"rule {self.name}: {value!r} is not of the kind of {self.value!r}")
        return value


class Rules(Mapping[str, RuleValue]):
    """The current value of each rule of an emulator: defaults, overridden by name."""

    def __init__(self, defaults: Sequence[Rule], overrides: Mapping[str, RuleValue] | None = None) -> None:
        """Raises RuleError for an unknown rule or a value that the rule does not accept."""
        self._rules = {rule.name: rule for rule in defaults}
        self._values = {rule.name: rule.value for rule in defaults}
        self.update(overrides or {})

    def __getitem__(self, name: str) -> RuleValue:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def update(self, changes: Mapping[str, RuleValue]) -> None:
        """Change rules at run time: all of `changes`, or none with a RuleError."""
        unknown = sorted(set(changes) - set(self._rules))
        if unknown:
            raise RuleError(f"no such rule: {', '.join(unknown)}")
        self._values |= {name: self._rules[name].checked(value) for name, value in changes.items()}

    def listing(self) -> list[dict[str, Any]]:
        """Return every rule as plain data, with its default and current value."""
        return [
            {**asdict(rule), "default": rule.value, "value": self._values[name]}
            for name, rule in self._rules.items()
        ]

    def flag(self, name: str) -> bool:
        """Return a rule that is on or off."""
        return bool(self._values[name])

    def number(self, name: str) -> float:
        """Return a rule that is a number (seconds or a share, as its text says); unset is 0."""
        return float(self._values[name] or 0)

    def integer(self, name: str) -> int:
        """Return a rule that is a whole number; unset is 0."""
        return int(self._values[name] or 0)

    def text(self, name: str) -> str:
        """Return a rule that is a text; unset is empty."""
        value = self._values[name]
        return "" if value is None else str(value)


def _same_kind(default: RuleValue, value: RuleValue) -> bool:
    if default is None or value is None:
        return True
    if isinstance(default, bool) or isinstance(value, bool):
        return isinstance(default, bool) and isinstance(value, bool)
    if isinstance(default, int | float):
        return isinstance(value, int | float)
    return isinstance(value, str)
