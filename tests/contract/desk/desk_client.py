"""A stand-in for the Airflow that the desk is mounted into: its users, its auth manager and its REST API."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any
from unittest.mock import Mock

import pytest
from fastapi import FastAPI, HTTPException, Request
from fastapi.testclient import TestClient
from httpx import Response

from cartage_airflow.links import AIRFLOW_APP
from tests.unit.airflow.desk.auth_manager import use_auth_manager
from tests.unit.airflow.desk.built import desk_for

VIEWER, OPERATOR, MAPPER, ADMIN = "viewer", "operator", "mapper", "admin"


class DeskClient:
    """The desk as one user sees it. `role`, `lanes` and `acting` set what Airflow's auth manager allows."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.user = "ann"
        self.role = ADMIN
        self.lanes = {"east", "west"}
        # The lanes on which the role holds beyond seeing; None stands for all.
        self.acting: set[str] | None = None
        self.triggered: list[tuple[str, dict[str, Any]]] = []
        self.refusal: tuple[int, str] | None = None
        self.manager = use_auth_manager(
            monkeypatch, dag=self._dag, connection=self._connection, variable=self._variable
        )
        self.app = self._airflow()
        self.client = TestClient(self.app, raise_server_exceptions=False)

    def get(self, page: str, /, **query: Any) -> Response:
        """Get a page of the lane `east`, unless the query names another lane."""
        response: Response = self.client.get(f"/cartage/{page}", params={"lane": "east"} | query)
        return response

    def text(self, page: str, /, **query: Any) -> str:
        """Return the text of a page that must exist, without markup, in single spaces."""
        response = self.get(page, **query)
        assert response.status_code == 200, response.text
        bare = re.sub(r"<[^>]*>", " ", response.text)
        return re.sub(r"\s+", " ", unescape(bare))

    def token(self) -> str:
        """Return the token that this user's forms carry."""
        from cartage_airflow.desk.forms import form_token

        request = Mock(scope={AIRFLOW_APP: self._outer})
        return form_token(request, Mock(get_id=lambda: self.user))

    def post(self, page: str, *, token: str | None = None, lane: str = "east", **form: Any) -> Response:
        """Post a form of a page, with the user's own token unless another is given."""
        response: Response = self.client.post(
            f"/cartage/{page}",
            params={"lane": lane},
            data={"token": self.token() if token is None else token, **form},
            follow_redirects=False,
        )
        return response

    def post_file(self, page: str, file: tuple[str, str], **form: Any) -> Response:
        """Post a form with a file (name, content)."""
        response: Response = self.client.post(
            f"/cartage/{page}",
            params={"lane": "east"},
            data={"token": self.token(), **form},
            files={"file": file},
            follow_redirects=False,
        )
        return response

    def _dag(self, *, method: str, details: Any, user: Any, access_entity: Any = None) -> bool:
        lane = details.id.rpartition("__")[2]
        may_act = self.role != VIEWER and (self.acting is None or lane in self.acting)
        return lane in self.lanes and (method == "GET" or may_act)

    def _connection(self, *, method: str, details: Any, user: Any) -> bool:
        return self.role == ADMIN

    def _variable(self, *, method: str, details: Any, user: Any) -> bool:
        return self.role in (MAPPER, ADMIN)

    def _airflow(self) -> FastAPI:
        app = desk_for(self._signed_in)
        self._outer = outer = FastAPI()
        outer.state.secret_key = "a key of Airflow's"

        @outer.post("/api/v2/dags/{dag_id}/dagRuns")
        async def trigger(dag_id: str, request: Request) -> dict[str, str]:
            if self.refusal:
                raise HTTPException(*self.refusal)
            self.triggered.append((dag_id, await request.json()))
            return {"dag_run_id": "manual__1"}

        async def mounted(scope: Any, receive: Callable[..., Any], send: Callable[..., Any]) -> None:
            await app({**scope, AIRFLOW_APP: scope["app"]}, receive, send)

        outer.mount("/cartage", mounted)
        return outer

    def _signed_in(self) -> Any:
        if not self.user:
            raise HTTPException(401, "Not authenticated")
        return Mock(get_id=lambda: self.user, get_name=lambda: self.user)
