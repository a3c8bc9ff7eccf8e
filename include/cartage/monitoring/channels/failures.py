"""What a channel raises that did not take a message."""

from __future__ import annotations

from cartage.errors import CartageError


class ChannelFailed(CartageError):
    """An alert did not go out through one channel. The text holds no address with a secret in it."""

    def __init__(self, channel: str, reason: str, fix: str) -> None:
        self.channel = channel
        self.reason = reason
        self.fix = fix
        super().__init__(f"{channel}: {reason}. {fix}")
