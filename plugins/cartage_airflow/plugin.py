"""The one AirflowPlugin of Cartage: the desk's pages at /cartage, and the timetable of orders_history.

Every task process executes it. It imports nothing heavy; the desk (FastAPI, SQLAlchemy, Jinja2) is built on its
first request, in the api-server only.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from airflow.plugins_manager import AirflowPlugin

from cartage_airflow.links import AIRFLOW_APP, DESK_PREFIX, desk_path

Message = MutableMapping[str, Any]
Asgi = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]


class LazyDesk:
    """An ASGI application that builds the desk when the first request comes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._app: Asgi | None = None

    async def __call__(
        self,
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        """Answer a request; the import runs beside the event loop, so that other pages do not wait for it."""
        app = await asyncio.to_thread(self._built) if self._app is None else self._app
        # The desk will put itself in this place.
        await app({**scope, AIRFLOW_APP: scope.get("app")}, receive, send)

    def _built(self) -> Asgi:
        with self._lock:
            if self._app is None:
                from cartage_airflow.desk.app import build_desk

                self._app = build_desk()
            return self._app


class CartagePlugin(AirflowPlugin):
    """Registers the desk with Airflow's api-server, with entries in its navigation, and the timetable."""

    name = "cartage"
    fastapi_apps = [{"app": LazyDesk(), "url_prefix": DESK_PREFIX, "name": "Cartage"}]  # noqa: RUF012 - Airflow's own
    external_views = [  # noqa: RUF012 - Airflow's own
        {
            "name": "Fulfillment",
            "href": desk_path("overview"),
            "url_route": "fulfillment",
            "destination": "nav",
        },
        {
            "name": "Coverage",
            "href": desk_path("coverage"),
            "url_route": "cartage-coverage",
            "destination": "nav",
            "category": "browse",
        },
    ]

    @property
    def timetables(self) -> list[Any]:  # type: ignore[override]  # Airflow reads it where it needs one, and in no task
        """The timetable of `orders_history`."""
        from cartage_airflow.history import HistoryTimetable

        return [HistoryTimetable]
