"""Errors for alerts that were not delivered."""

from __future__ import annotations

from collections.abc import Mapping

from cartage.errors import CartageError
from cartage.plurals import counted


class ChannelFailed(CartageError):
    """One channel did not deliver an alert. The text contains no secret address."""

    def __init__(self, channel: str, reason: str, fix: str) -> None:
        self.channel = channel
        self.reason = reason
        self.fix = fix
        super().__init__(f"{channel}: {reason}. {fix}")


class AlertsFailed(CartageError):
    """Some channels did not deliver an alert. `failures` maps each channel's name to the reason."""

    def __init__(self, title: str, failures: Mapping[str, str], channels: int) -> None:
        self.failures = dict(failures)
        lines = [f"  {name}: {reason}" for name, reason in failures.items()]
        head = f"alert {title!r} was not delivered through {len(failures)} of {counted(channels, 'channel')}"
        super().__init__("\n".join([head, *lines]))
