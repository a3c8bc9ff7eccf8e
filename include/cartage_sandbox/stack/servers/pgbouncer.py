"""PgBouncer before the embedded PostgreSQL, in transaction mode: each transaction may get another session."""

from __future__ import annotations

import os
import pwd
import shutil
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg

from cartage_sandbox.stack.guard import guard
from cartage_sandbox.stack.postgres import SUPERUSER, EmbeddedPostgres
from cartage_sandbox.stack.servers.programs import Server, ServerDidNotStart, find_program

MISSING = "PgBouncer was not found: install it (Debian: apt-get install pgbouncer), or name it in CARTAGE_PGBOUNCER."
# Only the name of a file in the socket directory.
_PORT = 6432
_SETTINGS = {
    "pool_mode": "transaction",
    "auth_type": "any",
    "listen_addr": "",
    "listen_port": _PORT,
    "unix_socket_mode": "0700",
    "max_client_conn": 1000,
    # Every transaction gets the session that was idle for longest: what one leaves behind meets another client.
    "server_round_robin": 1,
    # A crashed PostgreSQL is found again at once.
    "server_login_retry": 1,
    "ignore_startup_parameters": "",
    "admin_users": SUPERUSER,
}


def pgbouncer_program() -> Path | None:
    """Return PgBouncer's program, which `CARTAGE_PGBOUNCER` may name; None if there is none."""
    named = os.environ.get("CARTAGE_PGBOUNCER")
    return Path(named) if named else find_program("pgbouncer")


class PgBouncer:
    """A pooler for all databases of a running PostgreSQL, reached over a Unix socket. A context manager.

    `pool_size` is how many sessions each database has. PgBouncer refuses to run as root; as root, it runs as the user
    of that PostgreSQL.
    """

    def __init__(self, postgres: EmbeddedPostgres, *, pool_size: int = 20) -> None:
        self._postgres = postgres
        self._pool_size = pool_size
        self._folder = Path(tempfile.mkdtemp(prefix="cartage-pgbouncer-"))
        guard.delete(self._folder)
        self._server = Server("PgBouncer", self._folder / "pgbouncer.log", responds=self._responds)

    def url(self, database: str) -> str:
        """Return SQLAlchemy's URL of `database` through the pooler."""
        return f"postgresql+psycopg://{SUPERUSER}@/{database}?host={self._folder}&port={_PORT}"

    def __enter__(self) -> Self:
        """Start it.

        Raises:
            ServerDidNotStart: if there is no such program, or it ended.
        """
        program = pgbouncer_program()
        if program is None:
            raise ServerDidNotStart(MISSING)
        owner = self._postgres.socket_dir.stat()
        user = pwd.getpwuid(owner.st_uid).pw_name if os.geteuid() == 0 else None
        settings = self._folder / "pgbouncer.ini"
        settings.write_text(self._settings())
        for path in (self._folder, settings):
            os.chown(path, owner.st_uid, owner.st_gid)
        self._server.start([str(program), str(settings)], user=user, group=owner.st_gid if user else None)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it, and delete what was temporary."""
        self._server.stop()
        shutil.rmtree(self._folder, ignore_errors=True)
        guard.keep(self._folder)

    def _settings(self) -> str:
        own = {"unix_socket_dir": self._folder, "default_pool_size": self._pool_size}
        lines = [f"{name} = {value}" for name, value in (_SETTINGS | own).items()]
        target = f"* = host={self._postgres.socket_dir} port={self._postgres.port} user={SUPERUSER}"
        return "\n".join(["[databases]", target, "[pgbouncer]", *lines, ""])

    def _responds(self) -> bool:
        address = self.url(SUPERUSER).replace("+psycopg", "", 1)
        try:
            psycopg.connect(address, connect_timeout=2, prepare_threshold=None).close()
        except psycopg.OperationalError:
            return False
        return True
