"""The hook of connection type `threedcart`: one 3dcart (Shift4Shop) store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from cartage.errors import SettingsError
from cartage.storefront.settings import StoreCredentials
from cartage_airflow.hooks.base import TEST_WAIT, RemoteHook, lane_on, timeouts_of
from cartage_airflow.resolver import AirflowResolver

if TYPE_CHECKING:
    from cartage.storefront import StoreClient


class ThreeDCartHook(RemoteHook):
    """A 3dcart store, by a lane or by a connection.

    `client()` shares the store's call budget with everything else that uses the store, through the ledger::

        with ThreeDCartHook(lane="demo").client() as store:
            order = store.get_order(31882)

    With a lane, the connection, the time zone, the limits and the timeouts are the lane's. With a connection, they are
    those of the first lane on that connection; if there is none, the defaults of `limits` hold, and `time_zone` must be
    given.

    :param http_conn_id: Id of a connection of type `threedcart`. Default: the lane's, else `threedcart_default`.
    :param lane: Name of a lane in lanes.yaml.
    :param time_zone: IANA name of the store's time zone, if no lane uses the connection: the store's times have none.
    :param background: Take only the share of the store's calls that the lane leaves to backfills, for work that must
        not delay orders.
    :param longest_wait: How many seconds a call may wait for the call budget. Default: half of `limits.task_timeout`.

    Raises:
        SettingsError: If lanes.yaml has no valid lane of this name.
    """

    conn_name_attr = "http_conn_id"
    default_conn_name = "threedcart_default"
    conn_type = "threedcart"
    hook_name = "3dcart (Shift4Shop) store"

    def __init__(
        self,
        http_conn_id: str | None = None,
        *,
        lane: str | None = None,
        time_zone: str | None = None,
        background: bool = False,
        longest_wait: float | None = None,
    ) -> None:
        from cartage.lanes import get_lane

        self._lane = get_lane(lane) if lane else None
        super().__init__(http_conn_id or (self._lane.store.connection if self._lane else None))
        self._lane = self._lane or lane_on(self.http_conn_id, "store")
        self._time_zone = time_zone
        self._background = background
        self._longest_wait = longest_wait

    def get_settings(self) -> StoreCredentials:
        """Return the validated credentials.

        Raises:
            SettingsError: If a field is missing or wrong. It names all of them by their labels in the form.
        """
        return StoreCredentials.from_connection(self.engine_connection())

    @property
    def zone(self) -> ZoneInfo:
        """The store's time zone.

        Raises:
            SettingsError: If it is not known.
        """
        if self._time_zone:
            return ZoneInfo(self._time_zone)
        if self._lane is None:
            raise SettingsError(
                f"connection {self.http_conn_id!r}",
                ["  no lane uses this store, so its time zone is not known: give time_zone."],
            )
        return self._lane.store.zone()

    @contextmanager
    def client(self) -> Iterator[StoreClient]:
        """Yield the engine's client of the store. It is closed at the end of the block.

        Building it makes no call. Without a ledger the call budget covers this process only, which is logged as a
        warning.

        Raises:
            SettingsError: As `get_settings`, or if the time zone is not known.
        """
        from cartage.lanes.settings.limits import Limits
        from cartage.runtime.store_budget import open_budget
        from cartage.storefront import open_store

        credentials, zone = self.get_settings(), self.zone
        limits = self._lane.limits if self._lane else Limits()
        with open_budget(
            credentials.identity,
            limits,
            AirflowResolver(),
            background=self._background,
            longest_wait=self._longest_wait,
        ) as budget:
            store = open_store(credentials, zone=zone, timeouts=timeouts_of(limits), budget=budget)
            try:
                yield store
            finally:
                store.close()

    def _try(self) -> tuple[bool, str]:
        self._longest_wait = TEST_WAIT
        # Nothing that is read here has a time, so any zone will do.
        self._time_zone = self._time_zone or "UTC"
        with self.client() as store:
            check = store.check()
        return check.ok, check.text
