"""The parts of a file warehouse that its control API drives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cartage_sandbox.files.intake import Intake
from cartage_sandbox.files.premises import Premises
from cartage_sandbox.files.sftp.server import SftpServer
from cartage_sandbox.files.shipping import ShippingFloor
from cartage_sandbox.files.tray import OutTray


@dataclass(frozen=True)
class FileWarehouseParts:
    """What works in the warehouse; `work` does a round of it."""

    premises: Premises
    tray: OutTray
    intake: Intake
    floor: ShippingFloor
    sftp: SftpServer
    work: Callable[[], Mapping[str, int]]
