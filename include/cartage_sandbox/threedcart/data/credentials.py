"""Who may call the emulated store: invented default credentials, tokens with scopes, and the check.

The Secure URL is compared as clients write it: any scheme, `www.`, letter case and trailing slash (section 2).
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

SECURE_URL = "https://demo-outfitters.3dcartstores.com"
PRIVATE_KEY = "5a6d0b0c1e2f3a4b5c6d7e8f90a1b2c3"
# Invented, and useless outside this sandbox.
TOKEN = "c0ffee00112233445566778899aabbcc"  # noqa: S105
READ_ONLY_TOKEN = "0ddba11000112233445566778899aabb"  # noqa: S105

Level = Literal["write", "read", "none"]
LEVELS: tuple[Level, ...] = ("write", "read", "none")
# The scope of every service that is not named.
EVERY_SERVICE = "*"
Scope = Mapping[str, Level]


def normalised(secure_url: str) -> str:
    """Return the host of a Secure URL."""
    host = secure_url.strip().lower()
    for prefix in ("https://", "http://", "www."):
        host = host.removeprefix(prefix)
    return host.rstrip("/")


@dataclass
class Credentials:
    """A store's application key and its tokens. Scopes are keyed by service in lower case, such as "orders"."""

    secure_url: str = SECURE_URL
    private_key: str = PRIVATE_KEY
    tokens: dict[str, Scope] = field(
        default_factory=lambda: {TOKEN: {EVERY_SERVICE: "write"}, READ_ONLY_TOKEN: {EVERY_SERVICE: "read"}}
    )

    @property
    def store(self) -> str:
        """Return the store's host."""
        return normalised(self.secure_url)

    def grant(self, token: str, scope: Mapping[str, str]) -> None:
        """Add a token, or change its scope. Raises ValueError for an unknown level."""
        self.tokens[token] = {name.lower(): _level(level) for name, level in scope.items()}

    def revoke(self, token: str) -> None:
        """Remove a token, as when the merchant removes the app. Raises KeyError."""
        del self.tokens[token]

    def allow(self, headers: Mapping[str, str], service: str, *, write: bool) -> bool:
        """Return whether the three headers match and the token's scope covers the service."""
        scope = self.tokens.get(headers.get("token", ""))
        if scope is None or normalised(headers.get("secureurl", "")) != self.store:
            return False
        # As bytes: compare_digest refuses texts beyond ASCII, and a header may hold anything.
        if not hmac.compare_digest(headers.get("privatekey", "").encode(), self.private_key.encode()):
            return False
        level = scope.get(service, scope.get(EVERY_SERVICE, "none"))
        return level == "write" or (level == "read" and not write)


def _level(text: str) -> Level:
    for level in LEVELS:
        if level == text:
            return level
    raise ValueError(f"a scope is one of {', '.join(LEVELS)}, not {text!r}")
