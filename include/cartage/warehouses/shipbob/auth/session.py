"""Access tokens of an application that uses OAuth: fetched with a refresh token, which may be replaced at each use.

Sources: connectors.md sections 2.1 and 2.4. UNVERIFIED: how long an access token lives, and whether a refresh token is
replaced; both ways work. Where it is replaced, the grant file is needed as soon as a second process signs in.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlencode

from pydantic import ValidationError

from cartage.connections import fields_of
from cartage.errors import AuthFailed, table
from cartage.http import HttpResponse, HttpSession, Timeouts
from cartage.http.lenient import NotJson, parse_body
from cartage.network import Network
from cartage.warehouses.shipbob import wire
from cartage.warehouses.shipbob.auth.grant_file import GrantFile, KeptGrant
from cartage.warehouses.shipbob.settings import SHIPBOB_FIELDS, OAuthGrant

_REMOTE = "ShipBob"
_PATH = "/connect/token"
_OPERATION = f"POST {_PATH}"
# An access token without a lifetime is used that long (UNVERIFIED: about an hour).
LONGEST_LIFE = 3600.0
_MARGIN = 60.0
_LONGEST_MESSAGE = 200


class OAuthSession:
    """Fetches access tokens for one connection. Threads may share it; `TokenSource` lets one of them fetch."""

    def __init__(
        self,
        grant: OAuthGrant,
        connection_id: str,
        *,
        timeouts: Timeouts | None = None,
        network: Network | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._grant = grant
        self._connection_id = connection_id
        self._now = now
        self._http = HttpSession(
            grant.address,
            remote=_REMOTE,
            headers={"Accept": "application/json"},
            timeouts=timeouts,
            network=network,
        )
        self._file = GrantFile(grant.file, grant.refresh_token) if grant.file else None
        self._kept = KeptGrant(grant.refresh_token)
        self._lock = threading.Lock()

    def fetch(self, rejected: str = "") -> tuple[str, float]:
        """Return an access token other than `rejected`, and the seconds that it is good for.

        Raises:
            AuthFailed: if the grant is not accepted, or its file cannot be used.
            RemoteError: if ShipBob cannot be reached.
        """
        with self._lock:
            if self._file is None:
                self._kept = self._refreshed(self._kept)
                return self._usable(self._kept)
            try:
                with self._file.locked():
                    kept = self._file.read() or KeptGrant(self._grant.refresh_token)
                    # Another process may have signed in meanwhile.
                    if kept.access_token in {"", rejected} or kept.use_until <= self._now() + _MARGIN:
                        kept = self._refreshed(kept)
                        self._file.write(kept)
            except OSError as failure:
                what = f"the grant file cannot be used: {failure.strerror or failure}"
                raise self._refused(what, "extra.grant_file") from failure
            return self._usable(kept)

    def close(self) -> None:
        """Release connections."""
        self._http.close()

    def _usable(self, kept: KeptGrant) -> tuple[str, float]:
        return kept.access_token, max(0.0, kept.use_until - self._now())

    def _refreshed(self, kept: KeptGrant) -> KeptGrant:
        """Use the refresh token. A lost response is not repeated: the token may be replaced by then."""
        form = {
            "grant_type": "refresh_token",
            "refresh_token": kept.refresh_token,
            "client_id": self._grant.client_id,
            "client_secret": self._grant.client_secret,
        }
        if self._grant.redirect_uri:
            form["redirect_uri"] = self._grant.redirect_uri
        response = self._http.once(
            "POST",
            _PATH,
            safe=True,
            data=urlencode(form).encode(),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            accept=(400, 401),
        )
        if response.status >= 300:
            what = f"signing in was refused{_message(response)}"
            raise self._refused(
                what, "login", "extra.client_secret", "extra.refresh_token", status=response.status
            )
        try:
            granted = wire.TokenGrant.model_validate(parse_body(response.content))
        except (NotJson, ValidationError) as error:
            rule = table.rule_for_bad_body("the response has no access token", safe=True)
            raise self._http.error(rule, _OPERATION) from error
        life = min(granted.expires_in or LONGEST_LIFE, LONGEST_LIFE)
        return replace(
            kept,
            refresh_token=granted.refresh_token or kept.refresh_token,
            access_token=granted.access_token,
            use_until=self._now() + life,
        )

    def _refused(self, what: str, *names: str, status: int | None = None) -> AuthFailed:
        labels = fields_of(", ".join(SHIPBOB_FIELDS[name] for name in names), self._connection_id)
        again = " If the refresh token was used by another process or is older than 30 days, sign in again"
        fix = (
            f"Check {labels}.{again}, or use a personal access token."
            if len(names) > 1
            else f"Check {labels}."
        )
        return AuthFailed(_REMOTE, _OPERATION, what, fix=fix, status=status)


def _message(response: HttpResponse) -> str:
    """Return what the token endpoint says (RFC 6749, 5.2)."""
    try:
        body = parse_body(response.content)
        named = [str(body[name]) for name in ("error", "error_description") if body.get(name)]
    except (NotJson, AttributeError, TypeError):
        return ""
    return f" ({': '.join(named)[:_LONGEST_MESSAGE]})" if named else ""
