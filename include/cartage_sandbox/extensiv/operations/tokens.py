"""Credentials, and the access tokens issued for them.

The lifetime of tokens is a rule, measured on the sandbox's clock.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from cartage_sandbox.extensiv.data.state import WarehouseState
from cartage_sandbox.extensiv.wire.errors import Refusal, client_refused, token_refused

ROLES = frozenset(
    {
        "OrderImport",
        "OrderWrite",
        "OrderView",
        "InventoryRead",
        "ItemView",
        "CustomerView",
        "FacilityView",
        "ReadPropertiesThirdParty",
    }
)


@dataclass(frozen=True)
class Credential:
    """What a 3PL gives to an integrator."""

    client_id: str
    client_secret: str
    user_login: str
    user_login_id: int
    tpl: str
    roles: frozenset[str] = ROLES


@dataclass(frozen=True)
class _Token:
    client_id: str
    expires_at: datetime


class TokenDesk:
    """Issues and checks tokens. Not locked: it runs on the event loop without awaiting."""

    def __init__(self, state: WarehouseState, *credentials: Credential) -> None:
        self._state = state
        self._credentials = {credential.client_id: credential for credential in credentials}
        self._tokens: dict[str, _Token] = {}

    def issue(self, authorization: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return the token endpoint's response. Raises Refusal: 401 for the client, 400 for the request."""
        credential = self._client(authorization)
        if body.get("grant_type") != "client_credentials":
            raise Refusal(400, {"Message": "unsupported_grant_type"})
        self._check_user(credential, body)
        seconds = self._state.rules.number("token_seconds")
        text = base64.b64encode(self._state.rng.randbytes(48)).decode()
        expires_at = self._state.clock.now() + timedelta(seconds=seconds)
        self._tokens[text] = _Token(credential.client_id, expires_at)
        self._state.journal.record_effect("token.issued", credential.client_id)
        return {
            "access_token": text,
            "token_type": "Bearer",
            "expires_in": int(seconds),
            "refresh_token": None,
            "scope": None,
        }

    def holder(self, authorization: str) -> Credential:
        """Return the credential behind a request's token. Raises Refusal (401)."""
        scheme, _, text = authorization.partition(" ")
        token = self._tokens.get(text.strip()) if scheme.lower() == "bearer" else None
        if token is None or token.expires_at <= self._state.clock.now():
            raise token_refused()
        return self._credentials[token.client_id]

    def revoke_all(self) -> int:
        """Revoke every token. Return how many there were."""
        count = len(self._tokens)
        self._tokens.clear()
        return count

    def set_roles(self, client_id: str, roles: frozenset[str]) -> None:
        """Change what a credential may do. Raises KeyError for an unknown credential."""
        self._credentials[client_id] = replace(self._credentials[client_id], roles=roles)

    def _client(self, authorization: str) -> Credential:
        scheme, _, encoded = authorization.partition(" ")
        try:
            pair = base64.b64decode(encoded, validate=True).decode() if scheme.lower() == "basic" else ""
        except (binascii.Error, UnicodeDecodeError):
            pair = ""
        client_id, _, secret = pair.partition(":")
        credential = self._credentials.get(client_id)
        if credential is None:
            raise client_refused("invalid_client: client not registered")
        if credential.client_secret != secret:
            raise client_refused("invalid_client: client authentication failed")
        return credential

    def _check_user(self, credential: Credential, body: Mapping[str, Any]) -> None:
        login, number, tpl = body.get("user_login"), body.get("user_login_id"), body.get("tpl")
        rules = self._state.rules
        if login in (None, "") and number in (None, "") and rules.flag("token_needs_user"):
            raise client_refused("invalid_grant: user_login or user_login_id is required")
        if login not in (None, "", credential.user_login):
            raise client_refused("invalid_grant: unknown user_login")
        if number not in (None, "") and str(number) != str(credential.user_login_id):
            raise client_refused("invalid_grant: unknown user_login_id")
        if tpl in (None, "") and rules.flag("token_needs_tpl"):
            raise client_refused("invalid_grant: tpl is required")
        if tpl not in (None, "") and str(tpl).lower() != credential.tpl.lower():
            raise client_refused("invalid_grant: unknown tpl")
