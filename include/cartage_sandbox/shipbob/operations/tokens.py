"""Personal access tokens, and the tokens of applications that use OAuth; lifetimes are on the sandbox's clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cartage_sandbox.shipbob.data.model import SCOPES
from cartage_sandbox.shipbob.data.state import ShipBobState
from cartage_sandbox.shipbob.wire.errors import Refusal


@dataclass(frozen=True)
class OAuthClient:
    """An application, with the refresh token that its user was given when signing in."""

    client_id: str
    client_secret: str
    refresh_token: str
    redirect_uri: str = "https://cartage.example/callback"


@dataclass(frozen=True)
class _Grant:
    expires_at: datetime


class TokenDesk:
    """Issues and checks tokens. Not locked: it runs on the event loop without awaiting."""

    def __init__(
        self, state: ShipBobState, client: OAuthClient, tokens: Mapping[str, frozenset[str]]
    ) -> None:
        self._state = state
        self._client = client
        self._scopes = dict(tokens)
        self._access: dict[str, _Grant] = {}
        self._refresh = {client.refresh_token: self._until(days=30)}

    def refresh(self, form: Mapping[str, str]) -> dict[str, Any]:
        """Return the token endpoint's response (RFC 6749, 6). Raises Refusal."""
        client, rules = self._client, self._state.rules
        if form.get("grant_type") != "refresh_token":
            raise Refusal(400, {"error": "unsupported_grant_type"})
        if (form.get("client_id"), form.get("client_secret")) != (client.client_id, client.client_secret):
            raise Refusal(400, {"error": "invalid_client"})
        given = form.get("refresh_token", "")
        grant = self._refresh.get(given)
        if grant is None or grant.expires_at <= self._state.clock.now():
            raise Refusal(400, {"error": "invalid_grant"})
        seconds = rules.integer("access_token_seconds")
        access = self._new()
        self._access[access] = self._until(seconds=seconds)
        issued: dict[str, Any] = {"access_token": access, "expires_in": seconds, "token_type": "Bearer"}
        if rules.flag("refresh_token_replaced"):
            del self._refresh[given]
            issued["refresh_token"] = self._new()
            self._refresh[issued["refresh_token"]] = self._until(days=rules.number("refresh_token_days"))
        self._state.journal.record_effect("token.issued", client.client_id)
        return issued

    def scopes_of(self, authorization: str) -> tuple[str, frozenset[str]]:
        """Return a request's token and what it may do. Raises Refusal (401)."""
        scheme, _, token = authorization.partition(" ")
        token = token.strip()
        if scheme.lower() == "bearer":
            if token in self._scopes:
                return token, self._scopes[token]
            grant = self._access.get(token)
            if grant and grant.expires_at > self._state.clock.now():
                return token, SCOPES
        raise Refusal(401)

    def set_scopes(self, token: str, scopes: frozenset[str]) -> None:
        """Change what a personal access token may do. Raises KeyError for an unknown token."""
        if token not in self._scopes:
            raise KeyError(token)
        self._scopes[token] = scopes

    def revoke_all(self) -> int:
        """Revoke every access token that was issued. Return how many there were."""
        count = len(self._access)
        self._access.clear()
        return count

    def _until(self, **life: float) -> _Grant:
        return _Grant(self._state.clock.now() + timedelta(**life))

    def _new(self) -> str:
        return self._state.rng.randbytes(24).hex()
