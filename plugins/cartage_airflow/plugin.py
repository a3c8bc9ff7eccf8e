"""The Airflow plugin: the desk's pages at /cartage, its navigation entries, the timetable of `orders_history`, and a
repair of Airflow's Test button.

Every task process loads it, so it imports nothing heavy, except in a process that forks tasks (`preloading`). The desk
(FastAPI, SQLAlchemy, Jinja2) is built on its first request, in the api-server only.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from airflow.plugins_manager import AirflowPlugin

from cartage_airflow.hooks.portless import PortlessTest
from cartage_airflow.links import AIRFLOW_APP, DESK_PREFIX, desk_path
from cartage_airflow.processes.preloading import preload

Message = MutableMapping[str, Any]
Asgi = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]


class LazyDesk:
    """An ASGI application that builds the desk on the first request."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._app: Asgi | None = None

    async def __call__(
        self,
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        """Serve a request. The desk is imported in a thread, so the event loop serves other pages meanwhile."""
        app = await asyncio.to_thread(self._build_once) if self._app is None else self._app
        # The desk overwrites scope["app"] with itself, so it gets Airflow's application under another key.
        await app({**scope, AIRFLOW_APP: scope.get("app")}, receive, send)

    def _build_once(self) -> Asgi:
        with self._lock:
            if self._app is None:
                from cartage_airflow.desk.app import build_desk

                self._app = build_desk()
                _keep_what_is_loaded()
            return self._app


def _keep_what_is_loaded() -> None:
    """Let Python's garbage collector leave out what this process has loaded: it stays until the end anyway.

    A full collection walks through more than 600,000 objects of Airflow's api-server and the desk: any page, and any
    heartbeat, then waits some 0.3 to 0.7 seconds.
    """
    import gc

    gc.collect()
    gc.freeze()


class CartagePlugin(AirflowPlugin):
    """Register the desk with Airflow's api-server and navigation, and the timetable of `orders_history`."""

    name = "cartage"
    fastapi_apps = [{"app": LazyDesk(), "url_prefix": DESK_PREFIX, "name": "Cartage"}]  # noqa: RUF012 - Airflow's own
    fastapi_root_middlewares = [{"middleware": PortlessTest, "name": "Cartage: connections without a port"}]  # noqa: RUF012 - Airflow's own
    external_views = [  # noqa: RUF012 - Airflow's own
        {
            "name": "Fulfillment",
            "href": desk_path("home"),
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

    @classmethod
    def on_load(cls, *_args: object, **_options: object) -> None:
        """Import what tasks need, if this process forks them."""
        preload()

    @property
    def timetables(self) -> list[Any]:  # type: ignore[override]  # A property, so task processes never import it.
        """The timetable of `orders_history`."""
        from cartage_airflow.history import HistoryTimetable

        return [HistoryTimetable]
