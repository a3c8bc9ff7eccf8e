"""Fork `cartage` processes from one that has imported everything, which saves the second that a start takes.

Run as `python -m tests.faults.harness.forge`. It reads a JSON object per line, with the keys of `ForkRequest`, and
writes `{"id", "pid"}` at once and `{"id", "code"}` when the process has ended. When its input ends, it kills running
processes.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import select
import signal
import sys
import traceback
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol, TypedDict

from typer.main import get_command

import cartage
from tests.faults import crashing

# Modules that a stage imports when it runs, or that print its counts.
_PRELOADED = (
    "encodings.utf_8_sig",
    "requests",
    "rich.console",
    "rich.table",
    "sqlalchemy.dialects.postgresql.psycopg",
)
# Alembic runs the migrations, and the command groups import the commands.
_LEFT_OUT = ("cartage.db.migrations", "cartage.cli")


class Command(Protocol):
    """The program `cartage`; ends with SystemExit."""

    def __call__(self, arguments: list[str], *, prog_name: str) -> Any:
        """Run it."""
        ...


class ForkRequest(TypedDict):
    """A process to fork. `crash` has the arguments of `crashing.arm`, if the process is to be watched."""

    id: int
    arguments: list[str]
    environment: dict[str, str]
    log: str
    crash: dict[str, Any] | None


def main() -> None:
    """Fork the requested processes until the input ends."""
    command = _prepared()
    # The garbage collector does not write to frozen objects, so that forks share their memory.
    gc.freeze()
    woken = _woken_by_children()
    running: dict[int, int] = {}
    _write({"ready": True})
    orders = _Lines(sys.stdin.fileno())
    while not orders.ended:
        ready, _, _ = select.select([orders.descriptor, woken], [], [])
        if woken in ready:
            os.read(woken, 4096)
        if orders.descriptor in ready:
            for line in orders.read():
                order = json.loads(line)
                running[_forked(order, command)] = order["id"]
        for pid, code in _ended():
            _write({"id": running.pop(pid), "code": code})
    for pid in running:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _prepared() -> Command:
    """Return the program `cartage`, after importing everything that its stages import."""
    for module in pkgutil.walk_packages(cartage.__path__, "cartage."):
        if not module.name.startswith(_LEFT_OUT):
            importlib.import_module(module.name)
    for name in _PRELOADED:
        importlib.import_module(name)
    return get_command(importlib.import_module("cartage.cli.main").app)


class _Lines:
    """Lines of a descriptor, without a buffer that `select` does not know."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.ended = False
        self._rest = b""

    def read(self) -> list[bytes]:
        data = os.read(self.descriptor, 1 << 16)
        self.ended = not data
        *lines, self._rest = (self._rest + data).split(b"\n")
        return lines


def _woken_by_children() -> int:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return reading


def _forked(order: ForkRequest, command: Command) -> int:
    pid = os.fork()
    if pid == 0:
        _become(order, command)
    _write({"id": order["id"], "pid": pid})
    return pid


def _become(order: ForkRequest, command: Command) -> None:
    """Run `cartage ARGUMENTS...` until this process ends."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.environ.update(order["environment"])
    null = os.open(os.devnull, os.O_RDWR)
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for descriptor, file in ((0, null), (1, null), (2, log)):
        os.dup2(file, descriptor)
    code = 1
    try:
        if order["crash"]:
            crashing.arm(Path(order["crash"]["tally"]), order["crash"]["number"], order["crash"]["when"])
        command(order["arguments"], prog_name="cartage")
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except Exception:  # noqa: BLE001 - an unexpected end, printed as Python does
        with suppress(OSError):
            traceback.print_exc()
    finally:
        os._exit(code)


def _ended() -> Iterator[tuple[int, int]]:
    with suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            yield pid, os.waitstatus_to_exitcode(status)


def _write(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
