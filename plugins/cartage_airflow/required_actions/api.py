"""The calls of Airflow's REST API that required actions need, as a user with few rights (docs/required-actions.md).

They go over HTTP: Airflow 3 gives tasks no access to its database, and its Task SDK cannot decide for another run.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from typing import TYPE_CHECKING, Any

from cartage.errors import MalformedResponse
from cartage.http import HttpSession, Timeouts
from cartage.network import Network

if TYPE_CHECKING:
    from cartage.connections import Connection

_TIMEOUTS = Timeouts(connect=5, read=20)
# A run of orders waits for this, and a later run tries again anyway.
_TRIES = 2
_OK, _NOT_FOUND, _CONFLICT = 200, 404, 409


class DecisionResult(Enum):
    """What Airflow did with a decision."""

    ACCEPTED = "accepted"
    TOO_LATE = "too late"  # somebody has decided before
    NOT_OPEN = "not open"  # there is no such required action, or not yet


@contextmanager
def open_api(connection: Connection) -> Iterator[AirflowApi]:
    """Yield Airflow's API as the user of the connection, or without a login as Airflow's default user.

    Raises:
        RemoteError: if Airflow cannot be reached, or does not accept the user.
        SettingsError: if the connection's proxy or certificates cannot be used.
    """
    session = HttpSession(
        connection.address,
        remote=f"Airflow (connection {connection.id!r})",
        timeouts=_TIMEOUTS,
        network=Network.from_connection(connection),
        tries=_TRIES,
    )
    try:
        yield AirflowApi(session, _token(session, connection))
    finally:
        session.close()


class AirflowApi:
    """Calls as one user. Every call is safe to repeat."""

    def __init__(self, session: HttpSession, token: str) -> None:
        self._session = session
        self._headers = {"Authorization": f"Bearer {token}"}
        self.user_id = _user_id(session.remote, token)

    def start(self, dag_id: str, run_id: str, conf: dict[str, Any], note: str) -> None:
        """Start a run with this id, unless there is one.

        Raises:
            RemoteError: if the user may not, Airflow has no such DAG yet, or does not respond.
        """
        body = {"dag_run_id": run_id, "logical_date": None, "conf": conf, "note": note}
        path = f"/api/v2/dags/{dag_id}/dagRuns"
        self._session.call("POST", path, safe=True, json=body, headers=self._headers, accept=(_CONFLICT,))

    def decide(self, dag_id: str, run_id: str, task_id: str, option: str) -> DecisionResult:
        """Decide a required action, unless somebody has.

        Raises:
            RemoteError: if Airflow refuses for another reason.
        """
        response = self._session.call(
            "PATCH",
            f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/-1/hitlDetails",
            safe=True,
            json={"chosen_options": [option], "params_input": {}},
            headers=self._headers,
            accept=(_NOT_FOUND, _CONFLICT),
        )
        results = {_NOT_FOUND: DecisionResult.NOT_OPEN, _CONFLICT: DecisionResult.TOO_LATE}
        return results.get(response.status, DecisionResult.ACCEPTED)

    def state_of(self, dag_id: str, run_id: str) -> str | None:
        """Return the state of a run; None if there is no such run.

        Raises:
            RemoteError: if Airflow does not say.
        """
        path = f"/api/v2/dags/{dag_id}/dagRuns/{run_id}"
        response = self._session.call("GET", path, safe=True, headers=self._headers, accept=(_NOT_FOUND,))
        return str(json.loads(response.text)["state"]) if response.status == _OK else None

    def note(self, dag_id: str, run_id: str, text: str) -> None:
        """Set the note that Airflow shows beside a run.

        Raises:
            RemoteError: if Airflow refuses.
        """
        path = f"/api/v2/dags/{dag_id}/dagRuns/{run_id}"
        self._session.call("PATCH", path, safe=True, json={"note": text}, headers=self._headers)


def _token(session: HttpSession, connection: Connection) -> str:
    login = {"username": connection.login, "password": connection.password} if connection.login else None
    response = session.call("POST" if login else "GET", "/auth/token", safe=True, json=login)
    try:
        return str(json.loads(response.text)["access_token"])
    except (ValueError, KeyError, TypeError):
        raise MalformedResponse(
            session.remote, "POST /auth/token", "the response contains no token", fix=_NO_TOKEN
        ) from None


def _user_id(remote: str, token: str) -> str:
    """Return the user that the token names. Airflow verifies the token; nothing here relies on it."""
    try:
        claims = token.split(".")[1]
        return str(json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["sub"])
    except (ValueError, KeyError, IndexError, TypeError):
        raise MalformedResponse(
            remote, "POST /auth/token", "the token names no user", fix=_NO_TOKEN
        ) from None


_NO_TOKEN = (
    "Check that the connection's host is this Airflow, and that its auth manager gives tokens at /auth/token."  # noqa: S105 - a sentence
)
