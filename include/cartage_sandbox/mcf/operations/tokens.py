"""Login with Amazon: who may get an access token, and what a token is good for.

The lifetime of tokens is a rule, measured on the sandbox's clock.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from cartage_sandbox.mcf.data.state import SellerState
from cartage_sandbox.mcf.wire.refusals import denied

OUTBOUND, INVENTORY = "Amazon Fulfillment", "Product Listing"
ROLES = frozenset({OUTBOUND, INVENTORY})


@dataclass(frozen=True)
class Application:
    """An application's credentials, and the refresh token of the seller who authorized it."""

    client_id: str
    client_secret: str
    refresh_token: str
    roles: frozenset[str] = ROLES


@dataclass(frozen=True)
class _Token:
    client_id: str
    expires_at: datetime


class GrantRefused(Exception):
    """A refusal in the shape of OAuth (RFC 6749, 5.2)."""

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(error)
        self.status = status
        self.body = {"error": error, "error_description": description}


class LoginDesk:
    """Issues and checks tokens. Not locked: it runs on the event loop without awaiting."""

    def __init__(self, state: SellerState, *applications: Application) -> None:
        self._state = state
        self._applications = {each.client_id: each for each in applications}
        self._tokens: dict[str, _Token] = {}

    def issue(self, form: Mapping[str, str]) -> dict[str, Any]:
        """Return the response to a grant. Raises GrantRefused."""
        if form.get("grant_type") != "refresh_token":
            raise GrantRefused(400, "unsupported_grant_type", "The grant type is not supported.")
        application = self._applications.get(form.get("client_id", ""))
        if application is None or application.client_secret != form.get("client_secret"):
            raise GrantRefused(401, "invalid_client", "Client authentication failed.")
        if application.refresh_token != form.get("refresh_token"):
            raise GrantRefused(400, "invalid_grant", "The refresh token is not valid.")
        seconds = self._state.rules.number("token_seconds")
        text = f"Atza|{base64.urlsafe_b64encode(self._state.rng.randbytes(48)).decode()}"
        expires_at = self._state.now() + timedelta(seconds=seconds)
        self._tokens[text] = _Token(application.client_id, expires_at)
        self._state.journal.record_effect("token.issued", application.client_id)
        return {
            "access_token": text,
            "token_type": "bearer",
            "expires_in": int(seconds),
            "refresh_token": application.refresh_token,
        }

    def holder(self, text: str) -> Application:
        """Return the application behind an access token. Raises Refusal."""
        token = self._tokens.get(text)
        if not text:
            raise denied("Access token is missing in the request header.", status=401)
        if token is None:
            raise denied("The access token you provided is revoked, malformed or invalid.")
        if token.expires_at <= self._state.now():
            status = int(self._state.rules.text("expired_token_status"))
            raise denied("The access token you provided has expired.", status=status)
        return self._applications[token.client_id]

    def revoke_all(self) -> int:
        """Revoke every token. Return how many there were."""
        count = len(self._tokens)
        self._tokens.clear()
        return count

    def set_roles(self, client_id: str, roles: frozenset[str]) -> None:
        """Change what an application may do. Raises KeyError for an unknown one."""
        self._applications[client_id] = replace(self._applications[client_id], roles=roles)
