"""What the hooks share: the connection in the engine's terms, the lane's timeouts, and a test that never raises.

`HttpHook` sends a connection's extras as headers and sets no timeout. The engine's clients do neither, so the hooks
hand out no session of `HttpHook`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NoReturn

from airflow.providers.http.hooks.http import HttpHook

from cartage.connections import Connection
from cartage.errors import CartageError, NotSupported
from cartage_airflow.resolver import engine_connection

if TYPE_CHECKING:
    from cartage.http import Timeouts
    from cartage.lanes.settings.lane import Lane
    from cartage.lanes.settings.limits import Limits


# The longest that the test button waits for a free call. Seconds.
TEST_WAIT = 30.0


class RemoteHook(HttpHook):
    """A connection to a store or a warehouse.

    :param http_conn_id: Id of the connection. Default: the subclass's default connection.
    """

    def __init__(self, http_conn_id: str | None = None) -> None:
        super().__init__(http_conn_id=http_conn_id or self.default_conn_name)

    def engine_connection(self) -> Connection:
        """Return the connection, from Airflow or its secrets backends."""
        return engine_connection(self.get_connection(self.http_conn_id))

    def get_conn(
        self, headers: dict[Any, Any] | None = None, extra_options: dict[str, Any] | None = None
    ) -> NoReturn:
        """Refuse: use `client()`, which keeps the remote's limits and never sends extras as headers.

        Raises:
            NotSupported: Always.
        """
        raise NotSupported(f"{type(self).__name__} hands out no plain session: use client().")

    def test_connection(self) -> tuple[bool, str]:
        """Return whether the remote accepts the connection, and a text that says as whom or what to fix.

        It only reads, and raises nothing.
        """
        from sqlalchemy.exc import SQLAlchemyError

        try:
            return self._try()
        except CartageError as failure:
            return False, str(failure)
        except SQLAlchemyError as failure:
            reason = f"cannot be used ({type(failure).__name__}). A new ledger needs `cartage ledger migrate` first."
            return False, f"The ledger, which holds the call budget, {reason}"

    def _try(self) -> tuple[bool, str]:
        """Make a call that only reads. Its `CartageError` becomes the result of the test."""
        raise NotSupported(f"{type(self).__name__} cannot be tested.")


def lane_on(connection_id: str, part: Literal["store", "warehouse"]) -> Lane | None:
    """Return the first lane whose store or warehouse has this connection."""
    from cartage.lanes import lanes_on_store, lanes_on_warehouse

    find = lanes_on_store if part == "store" else lanes_on_warehouse
    return next(iter(find(connection_id)), None)


def timeouts_of(limits: Limits) -> Timeouts:
    """Return how long one call may take."""
    from cartage.http import Timeouts

    return Timeouts(limits.connect_timeout.total_seconds(), limits.read_timeout.total_seconds())
