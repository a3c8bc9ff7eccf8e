"""The breaker of one run: lets it call a remote, or says at once that the remote is down; and notes how it went.

Without it each run of each lane would find out by itself, with all of its tries, what every other run has found out.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from cartage.db import Ledger, circuit
from cartage.errors import MalformedResponse, NotSent, RemoteDown, RemoteError, RemoteUnavailable

log = logging.getLogger(__name__)

# So many lost answers in a row are the remote's own fault, and no longer that of each order.
LOST_RESPONSES = 5

# Failures of the remote itself; not of credentials, of pace, or of one request.
_DOWN = (NotSent, RemoteUnavailable, MalformedResponse)


class Breaker:
    """Circuits of the remotes that one run has met, by the names that its errors give them."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._keys: dict[str, str] = {}

    def enter(self, key: str, remote: str, probe: Callable[[], object]) -> None:
        """Let the run call the remote; where it was down and is to be tried again, by `probe` first: one cheap read.

        `remote` is what people call it, and what its errors name it by (or begin with).

        Raises:
            RemoteDown: if it is known to be down, or the probe has found it so.
            RemoteError: what else the probe met: then it is not down.
        """
        self._keys[remote] = key
        with self._ledger.begin() as connection:
            state = circuit.look(connection, key)
        if state is None:
            return
        if not state.probe:
            raise self._down(key, remote, state)
        try:
            probe()
        except _DOWN as failure:
            with self._ledger.begin() as connection:
                circuit.failed(connection, key, failure.what)
                state = circuit.look(connection, key) or state
            raise self._down(key, remote, state) from failure
        except RemoteError:
            self._worked(key, remote)
            raise
        self._worked(key, remote)

    def note(self, failure: RemoteError) -> None:
        """Note the failure that ended the run, if the remote itself is to blame and nobody has noted it yet."""
        if isinstance(failure, RemoteDown) or not isinstance(failure, _DOWN):
            return
        key = self._key_of(failure)
        if not key:
            return
        failure.circuit = key
        with self._ledger.begin() as connection:
            opened = circuit.failed(connection, key, failure.what)
        if opened:
            log.error(
                "%s is down (%s): until it answers again, one run at a time tries",
                failure.remote,
                failure.what,
            )

    def _key_of(self, failure: RemoteError) -> str:
        """The warehouse's title begins with what its errors call it."""
        return next((key for name, key in self._keys.items() if name.startswith(failure.remote)), "")

    def _worked(self, key: str, remote: str) -> None:
        with self._ledger.begin() as connection:
            was_open = circuit.worked(connection, key)
        if was_open:
            log.warning("%s answers again; what waited goes on", remote)

    def _down(self, key: str, remote: str, state: circuit.Open) -> RemoteDown:
        what = (
            f"down since {state.since:%F %T} UTC ({state.what}); tried again from {state.probe_at:%T} UTC on"
        )
        down = RemoteDown(remote, "nothing was called", what)
        down.circuit = key
        return down
