"""What a channel raises that did not take a message."""

from __future__ import annotations
import logging
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Protocol
from cartage.connections import Resolver, default_resolver
from cartage.errors import CartageError
if TYPE_CHECKING:
    from cartage.lanes.settings.lane import Lane
    from cartage.monitoring.channels.alert import Alert


class ChannelFailed(CartageError):
    """An alert did not go out through one channel. The text holds no address with a secret in it."""

    def __init__(self, channel: str, reason: str, mend: str) -> None:
        self.channel = channel
        self.reason = reason
        self.mend = mend
        super().__init__(f"{channel}: {reason}. {mend}")
