"""A warehouse that exchanges files with its customers over SFTP, built from its parts.

It contacts nobody, and shares no code with the connector that it tests. Its control API is HTTP, as all emulators' is.
"""

from __future__ import annotations

import random
import time
from collections.abc import Collection, Mapping
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import BaseRoute

from cartage_sandbox.files.accounts import DEFAULT_ACCOUNT, CustomerAccount
from cartage_sandbox.files.control import FilesControl
from cartage_sandbox.files.faults import FileFaults
from cartage_sandbox.files.intake import Intake
from cartage_sandbox.files.parts import FileWarehouseParts
from cartage_sandbox.files.premises import Premises
from cartage_sandbox.files.responses import Responses
from cartage_sandbox.files.rules import FILE_RULES
from cartage_sandbox.files.sftp.server import SftpServer
from cartage_sandbox.files.shipping import ShippingFloor
from cartage_sandbox.files.tray import OutTray
from cartage_sandbox.kernel.app import build_app
from cartage_sandbox.kernel.clock import Clock
from cartage_sandbox.kernel.journal import Journal
from cartage_sandbox.kernel.rules import Rules, RuleValue

API = "files"


class FileWarehouse:
    """A file warehouse. `app` is the ASGI app of its control API, `sftp` its server, `floor` does the shipping."""

    def __init__(
        self,
        root: Path,
        clock: Clock,
        rng: random.Random,
        rules: Rules,
        accounts: Collection[CustomerAccount],
    ) -> None:
        self.clock, self.rules = clock, rules
        self.journal = Journal(clock, API)
        self.faults = FileFaults()
        self.premises = Premises(root, clock, rng, rules, self.journal, self.faults)
        self.tray = OutTray(self.premises)
        self.responses = Responses(self.premises, self.tray)
        self.intake = Intake(self.premises, self.responses)
        self.floor = ShippingFloor(self.premises, self.tray)
        self.sftp = SftpServer(self.premises)
        self.premises.on_close = self.intake.closed
        self.premises.on_tick = self._tick
        self._worked = time.monotonic()
        for account in accounts:
            self.premises.add_account(account)
        self.app: Starlette = build_app(self, clock, self.journal, self.faults, rules)

    @property
    def unrecorded(self) -> Collection[str]:
        """Return no paths: the control API is not recorded anyway."""
        return ()

    def routes(self) -> list[BaseRoute]:
        """Return no routes: the emulated API is SFTP."""
        return []

    def control_routes(self) -> list[BaseRoute]:
        """Return the additions to the control API."""
        parts = FileWarehouseParts(self.premises, self.tray, self.intake, self.floor, self.sftp, self.work)
        return FilesControl(parts).routes()

    def work(self) -> dict[str, int]:
        """Do a round of work: take order files, write responses, ship, count; return how much of each."""
        with self.premises.lock:
            return {
                "finished": self.tray.finish(),
                "taken": self.intake.work(),
                "shipped": self.floor.ship_due(),
                "counted": self.floor.count_due(),
                "responses": self.responses.send_due(),
            }

    def _tick(self) -> None:
        seconds = self.rules.number("auto_work_seconds")
        if seconds and time.monotonic() - self._worked >= seconds:
            self._worked = time.monotonic()
            self.work()


def create_file_warehouse(
    root: Path,
    *,
    clock: Clock | None = None,
    rng: random.Random | None = None,
    rules: Rules | Mapping[str, RuleValue] | None = None,
    accounts: Collection[CustomerAccount] = (DEFAULT_ACCOUNT,),
) -> FileWarehouse:
    """Return a new warehouse with its files below `root`.

    Raises RuleError for an unknown rule or value.
    """
    chosen = rules if isinstance(rules, Rules) else Rules(FILE_RULES, rules)
    return FileWarehouse(root, clock or Clock(), rng or random.Random(0), chosen, accounts)
