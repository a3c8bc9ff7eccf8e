"""The breaker of one run: let it call a remote, or fail at once because the remote is known to be down.

Without it, every run of every lane would find out for itself, with all of its retries, that a remote is down.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from cartage.db import Ledger, circuit
from cartage.errors import MalformedResponse, NotSent, RemoteDown, RemoteError, RemoteUnavailable

log = logging.getLogger(__name__)

# So many lost responses in a row are a problem of the remote, not of each order.
LOST_RESPONSES = 5

# Failures of the remote itself, not of credentials, rate limits or one request.
_DOWN = (NotSent, RemoteUnavailable, MalformedResponse)


class Breaker:
    """The circuits of the remotes that one run calls, by the names that errors give the remotes."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._keys: dict[str, str] = {}

    def enter(self, key: str, remote: str, probe: Callable[[], object]) -> None:
        """Let the run call the remote. If it was down and is due to be tried again, call `probe`, a cheap read, first.

        `remote` is the name that its errors have, or begin with.

        Raises:
            RemoteDown: if the remote is known to be down, or the probe finds that it is.
            RemoteError: if the probe fails in another way; then the remote is not down.
        """
        self._keys[remote] = key
        if not circuit.is_open(self._ledger, key):
            return
        with self._ledger.begin() as connection:
            state = circuit.check_circuit(connection, key)
        if state is None:
            return
        if not state.probe:
            raise self._down(key, remote, state)
        try:
            probe()
        except _DOWN as failure:
            with self._ledger.begin() as connection:
                circuit.record_failure(connection, key, failure.what)
                state = circuit.check_circuit(connection, key) or state
            raise self._down(key, remote, state) from failure
        except RemoteError:
            self._worked(key, remote)
            raise
        self._worked(key, remote)

    def note(self, failure: RemoteError) -> None:
        """Note the failure that ended the run if the remote itself caused it and it was not noted yet."""
        if isinstance(failure, RemoteDown) or not isinstance(failure, _DOWN):
            return
        key = self._key_of(failure)
        if not key:
            return
        failure.circuit = key
        with self._ledger.begin() as connection:
            opened = circuit.record_failure(connection, key, failure.what)
        if opened:
            log.error(
                "%s is down (%s): until it responds again, one run at a time tries it",
                failure.remote,
                failure.what,
            )

    def _key_of(self, failure: RemoteError) -> str:
        """Return the circuit of the remote that failed; its title begins with the name that its errors have."""
        return next((key for name, key in self._keys.items() if name.startswith(failure.remote)), "")

    def _worked(self, key: str, remote: str) -> None:
        with self._ledger.begin() as connection:
            was_open = circuit.record_success(connection, key)
        if was_open:
            log.warning("%s responds again; waiting work continues", remote)

    def _down(self, key: str, remote: str, state: circuit.OpenCircuit) -> RemoteDown:
        what = (
            f"down since {state.since:%F %T} UTC ({state.what}); tried again from {state.probe_at:%T} UTC on"
        )
        down = RemoteDown(remote, "nothing was called", what)
        down.circuit = key
        return down
