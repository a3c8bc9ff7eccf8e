"""Start `cartage ...` processes, forked or new, and track when they end."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from cartage_sandbox.stack.deployment import PROJECT
from cartage_sandbox.stack.environment import own_environment

_START_SECONDS = 60.0


@dataclass
class Program:
    """A process. `code` is its exit status once `ended` is set; negative for the signal that ended it."""

    pid: int = 0
    code: int | None = None
    started: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)

    def send(self, number: signal.Signals) -> None:
        """Send a signal, unless the process has ended."""
        if not self.ended.is_set():
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def wait(self, seconds: float | None = None) -> int | None:
        """Return its exit status, or None if it still runs after `seconds`."""
        self.ended.wait(seconds)
        return self.code


class Programs:
    """Starts processes, and kills those that still run at the end. A context manager."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._programs: dict[int, Program] = {}
        self._lock = threading.Lock()
        self._forge: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        """Start the process from which the others are forked."""
        self._forge = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.harness.forge"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=PROJECT,
            env=own_environment(),
        )
        self._listener = threading.Thread(target=self._listen, args=(self._forge,), daemon=True, name="forge")
        self._listener.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End everything."""
        for program in self._programs.values():
            program.send(signal.SIGKILL)
        if self._forge and self._forge.stdin:
            self._forge.stdin.close()
            self._forge.wait(_START_SECONDS)
            self._listener.join()

    def start(
        self, arguments: Sequence[str], environment: Mapping[str, str], log: Path, *, forked: bool = True
    ) -> Program:
        """Start `cartage ARGUMENTS...`, with its log appended to `log`. Return once it has a process id."""
        return self.fork(arguments, environment, log) if forked else _executed(arguments, environment, log)

    def fork(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        log: Path,
        crash: Mapping[str, Any] | None = None,
    ) -> Program:
        """Fork it from the forge. `crash` has the arguments of `crashing.arm`, if the process is to be watched."""
        if self._forge is None or self._forge.stdin is None:
            raise RuntimeError("the forge was not started")
        program, number = Program(), next(self._numbers)
        request = {
            "id": number,
            "arguments": list(arguments),
            "environment": dict(environment),
            "log": str(log),
            "crash": crash,
        }
        with self._lock:
            self._programs[number] = program
            self._forge.stdin.write(json.dumps(request) + "\n")
            self._forge.stdin.flush()
        if not program.started.wait(_START_SECONDS):
            raise RuntimeError("the forge does not fork")
        return program

    def _listen(self, forge: subprocess.Popen[str]) -> None:
        for line in forge.stdout or ():
            message = json.loads(line)
            if "pid" in message:
                self._programs[message["id"]].pid = message["pid"]
                self._programs[message["id"]].started.set()
            elif "code" in message:
                program = self._programs.pop(message["id"])
                program.code = message["code"]
                program.ended.set()
        if forge.stdout:
            forge.stdout.close()


def _executed(arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> Program:
    with log.open("ab") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "cartage.cli", *arguments],
            env=own_environment() | dict(environment),
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=file,
        )
    program = Program(pid=process.pid)
    program.started.set()

    def reap() -> None:
        program.code = process.wait()
        program.ended.set()

    threading.Thread(target=reap, daemon=True, name=f"reaper {process.pid}").start()
    return program
