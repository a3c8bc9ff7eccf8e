"""What the hooks share: the connection in the engine's terms, and a test that raises for no wrong connection.

`HttpHook` sends a connection's extras as headers, without a timeout; the engine's clients do neither, hence
no session of `HttpHook` is handed out.
"""

from __future__ import annotations

from typing import Any, NoReturn

from airflow.providers.http.hooks.http import HttpHook

from cartage.connections import Connection
from cartage.errors import CartageError, NotSupported
from cartage_airflow.resolver import engine_connection


class RemoteHook(HttpHook):
    """A connection to a store or warehouse.

    :param http_conn_id: id of the connection; the subclass's default if not given.
    """

    def __init__(self, http_conn_id: str | None = None) -> None:
        super().__init__(http_conn_id=http_conn_id or self.default_conn_name)

    def engine_connection(self) -> Connection:
        """The connection, from Airflow or its secrets backends."""
        return engine_connection(self.get_connection(self.http_conn_id))

    def get_conn(
        self, headers: dict[Any, Any] | None = None, extra_options: dict[str, Any] | None = None
    ) -> NoReturn:
        """Refuse: `client()` keeps the remote's limits, and never sends credentials as stray headers.

        Raises:
            NotSupported: always.
        """
        raise NotSupported(f"{type(self).__name__} hands out no plain session: use client().")

    def test_connection(self) -> tuple[bool, str]:
        """Whether the remote accepts the connection, and as whom, or what to mend. Changes nothing there."""
        try:
            return self._try()
        except CartageError as failure:
            return False, str(failure)

    def _try(self) -> tuple[bool, str]:
        """Call something that only reads; every `CartageError` is an answer."""
        raise NotSupported(f"{type(self).__name__} cannot be tried.")
