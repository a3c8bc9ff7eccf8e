"""Ask about the lane itself: name, time zone, import status, go-live day, mode."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, available_timezones

from cartage.cli.setup.wizard.asking import SUBJECT, Asking, Prompt
from cartage.cli.setup.wizard.files import refuse_existing
from cartage.errors import SettingsError
from cartage.lanes.modes import Mode
from cartage.lanes.settings.lane import LANE_NAME
from cartage.lanes.settings.store import NEVER_READY

if TYPE_CHECKING:
    from cartage.storefront.catalogue import OrderStatus


def ask_name(asking: Asking, path: Path, given: str | None) -> str:
    """Ask for a name that the lanes file does not have yet.

    Raises:
        SettingsError: if not interactive, and the name cannot be used.
    """
    prompt = Prompt("--lane", "Name of the lane", "A lane ties one store to one warehouse; a-z, 0-9 and _.")

    def attempt() -> str:
        name = asking.text(prompt, given)
        if not LANE_NAME.fullmatch(name):
            raise _wrong(
                "--lane",
                f"{name!r} is not a name: use a-z, 0-9 and _, a letter first, at most 31 characters.",
            )
        refuse_existing(path, name)
        return name

    return asking.until_right(attempt)


def ask_time_zone(asking: Asking, given: str | None, guess: str) -> ZoneInfo:
    """Ask for the store's time zone; `guess` is the default.

    Raises:
        SettingsError: if not interactive, and it is missing or not a time zone.
    """
    prompt = Prompt(
        "--time-zone", "The store's time zone", "The time zone in which 3dcart shows the store's times."
    )

    def attempt() -> ZoneInfo:
        name = asking.text(prompt, given, default=guess if asking.interactive else "")
        if name not in available_timezones():
            raise _wrong(
                "--time-zone", f"{name!r} is not a time zone; use an IANA name such as America/New_York."
            )
        return ZoneInfo(name)

    return asking.until_right(attempt)


def ask_import_status(asking: Asking, given: str | None, statuses: Sequence[OrderStatus]) -> int | str:
    """Ask for the status of orders to ship, as an id or a label.

    Raises:
        SettingsError: if not interactive, and it is not a visible status of the store, or one that is never ready.
    """
    prompt = Prompt(
        "--import-status",
        "Import status (id or label)",
        "Orders in this status are sent to the warehouse; 1 is New.",
    )

    def attempt() -> int | str:
        from cartage.storefront.order_statuses import find_status, statuses_listed

        value = asking.text(prompt, given, default="1")
        ref = int(value) if value.isdigit() else value
        found = find_status(ref, statuses)
        if isinstance(found, str):
            raise _wrong("--import-status", found)
        if found not in {status.id for status in statuses if status.visible}:
            raise _wrong(
                "--import-status",
                f"the store does not show status {found}; it has {statuses_listed(statuses)}.",
            )
        if found in NEVER_READY:
            raise _wrong(
                "--import-status", f"{found} is {NEVER_READY[found]}: such orders are not ready to ship."
            )
        return ref

    return asking.until_right(attempt)


def ask_go_live(asking: Asking, given: str | None, zone: ZoneInfo) -> date:
    """Ask for the first day whose orders Cartage ships; today in the store's time is the default.

    Raises:
        SettingsError: if not interactive, and it is not a date.
    """
    prompt = Prompt(
        "--go-live", "First day (store's time)", "Orders placed before this day are never shipped."
    )

    def attempt() -> date:
        value = asking.text(prompt, given, default=datetime.now(zone).date().isoformat())
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise _wrong("--go-live", f"{value!r} is not a date; write for example 2026-03-01.") from None

    return asking.until_right(attempt)


def ask_mode(asking: Asking, given: str | None) -> Mode:
    """Ask for the lane's mode; shadow is the default.

    Raises:
        SettingsError: if not interactive, and it is not a mode.
    """
    modes = ", ".join(Mode)
    prompt = Prompt("--mode", f"Mode ({modes})", "shadow reads and checks everything, but sends nothing.")

    def attempt() -> Mode:
        value = asking.text(prompt, given, default=Mode.SHADOW.value)
        if value not in set(Mode):
            raise _wrong("--mode", f"{value!r} is not a mode; modes: {modes}.")
        return Mode(value)

    return asking.until_right(attempt)


def _wrong(option: str, what: str) -> SettingsError:
    return SettingsError(SUBJECT, [f"  {option}: {what}"])
