"""A whole Cartage on one machine: sandbox store and warehouse, ledger, lanes file and a real Airflow.

The demo, the end-to-end tests and the benchmarks run on it. It drives Cartage from outside only: with its command
line, its lanes file and Airflow.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import yaml

from cartage_sandbox.stack.airflow import COMPONENTS, AirflowStack
from cartage_sandbox.stack.environment import own_environment
from cartage_sandbox.stack.postgres import EmbeddedPostgres
from cartage_sandbox.stack.storefront import Storefront

PROJECT = Path(__file__).resolve().parents[3]
# The triggerer serves deferrable tasks, and lanes that look for new work between two windows. The demo lane does not.
_COMPONENTS = tuple(component for component in COMPONENTS if component != "triggerer")


class CommandFailed(RuntimeError):
    """A `cartage` command failed. The message has its output."""


class Deployment:
    """Lanes, ledger and Airflow for sandbox shops, in `home`. A context manager; `start_airflow` is a separate step.

    `lanes` maps the name of each lane to its differences from the demo lane in include/config/lanes.yaml. `others` are
    the shops of further lanes. All shops must be served before this is entered. With a `broker`, the URL of a Redis,
    tasks run on Celery's workers.
    """

    def __init__(
        self,
        home: Path,
        shop: Storefront,
        postgres: EmbeddedPostgres,
        *,
        others: Sequence[Storefront] = (),
        lanes: Mapping[str, Mapping[str, Any]] | None = None,
        env: Mapping[str, str] | None = None,
        ledger: str = "cartage",
        all_admins: bool = False,
        parallelism: int = 4,
        broker: str | None = None,
    ) -> None:
        self.home = home.resolve()
        self._shops = (shop, *others)
        self._postgres = postgres
        self._ledger = ledger
        self.lanes_file = self.home / "lanes.yaml"
        self._all_admins = all_admins
        self._parallelism = parallelism
        self._broker = broker
        self._lanes = lanes or {"demo": {}}
        self._own_env = dict(env or {})
        self.airflow: AirflowStack | None = None

    def __enter__(self) -> Self:
        """Write the lanes file, and create and migrate the ledger's database."""
        self.home.mkdir(parents=True, exist_ok=True)
        self.write_lanes(self._lanes)
        if not self._postgres.has_database(self._ledger):
            self._postgres.create_database(self._ledger)
        self.cartage("ledger", "migrate")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop Airflow, if it runs."""
        if self.airflow is not None:
            self.airflow.stop()

    @property
    def ledger_url(self) -> str:
        """Return the ledger's URL."""
        return self._postgres.url(self._ledger)

    @property
    def cartage_env(self) -> dict[str, str]:
        """Return what Cartage needs in its environment: connections, ledger, lanes."""
        return {
            **{name: value for shop in self._shops for name, value in shop.connections().items()},
            "CARTAGE_LEDGER_URL": self.ledger_url,
            "CARTAGE_LANES_FILE": str(self.lanes_file),
            **self._own_env,
        }

    def write_lanes(self, lanes: Mapping[str, Mapping[str, Any]]) -> None:
        """Write the lanes file: each lane is the shipped demo lane with these changes."""
        shipped = shipped_lane()
        written = {name: merged(shipped, changes) for name, changes in lanes.items()}
        self.lanes_file.write_text(yaml.safe_dump({"lanes": written}, sort_keys=False))

    def cartage(
        self, *arguments: str, seconds: float = 600, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run `cartage ARGUMENTS...`. Raises CommandFailed with its output, unless `check` is off."""
        response = subprocess.run(
            [sys.executable, "-m", "cartage.cli", *arguments],
            env=own_environment() | self.cartage_env,
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        if check and response.returncode:
            raise CommandFailed(
                f"cartage {' '.join(arguments)} ended with {response.returncode}:\n{response.stdout}{response.stderr}"
            )
        return response

    def status(self, lane: str = "demo") -> dict[str, Any]:
        """Return the result of `cartage status --json` for a lane."""
        status: dict[str, Any] = json.loads(self.cartage("status", "--lane", lane, "--json").stdout)
        return status

    def start_airflow(self) -> AirflowStack:
        """Start Airflow on this project's DAGs and plugins. Return when it is healthy. DAGs start paused."""
        self.airflow = AirflowStack(
            self.home / "airflow",
            self._postgres,
            dags=PROJECT / "dags",
            plugins=PROJECT / "plugins",
            env=self.cartage_env,
            all_admins=self._all_admins,
            parallelism=self._parallelism,
            components=_COMPONENTS,
            broker=self._broker,
        )
        return self.airflow.start()


def shipped_lane() -> dict[str, Any]:
    """Return the demo lane as the repository ships it."""
    lane: dict[str, Any] = yaml.safe_load((PROJECT / "include/config/lanes.yaml").read_text())["lanes"][
        "demo"
    ]
    return lane


def merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Merge `changes` into `base`: mappings are merged, everything else is replaced, None removes."""
    result = dict(base)
    for key, value in changes.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(result.get(key), Mapping):
            result[key] = merged(result[key], value)
        else:
            result[key] = value
    return result
