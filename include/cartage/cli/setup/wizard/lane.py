"""The wizard's questions about the lane itself: name, time zone, import status, go-live day, mode."""

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
    """A name that the lanes file does not have yet.

    Raises:
        SettingsError: if nobody can be asked, and the name cannot be used.
    """
    question = Prompt("--lane", "Name of the lane", "A lane ties one store to one warehouse; a-z, 0-9 and _.")

    def once() -> str:
        name = asking.text(question, given)
        if not LANE_NAME.fullmatch(name):
            raise _wrong(
                "--lane", f"{name!r} is no name of a lane: a-z, 0-9 and _, a letter first, at most 31."
            )
        refuse_existing(path, name)
        return name

    return asking.until_right(once)


def ask_time_zone(asking: Asking, given: str | None, guess: str) -> ZoneInfo:
    """The store's time zone; `guess` is offered.

    Raises:
        SettingsError: if nobody can be asked, and it is missing or no zone.
    """
    question = Prompt(
        "--time-zone", "The store's time zone", "The zone in which 3dcart shows the store's times."
    )

    def once() -> ZoneInfo:
        name = asking.text(question, given, default=guess if asking.interactive else "")
        if name not in available_timezones():
            raise _wrong(
                "--time-zone", f"{name!r} is no time zone; write an IANA name such as America/New_York."
            )
        return ZoneInfo(name)

    return asking.until_right(once)


def ask_import_status(asking: Asking, given: str | None, statuses: Sequence[OrderStatus]) -> int | str:
    """The status of orders to ship, as the person wrote it: an id, or a label.

    Raises:
        SettingsError: if nobody can be asked, and it is no visible status of the store, or one that is never ready.
    """
    question = Prompt(
        "--import-status",
        "Import status (id or label)",
        "Orders in this status are sent to the warehouse; 1 is New.",
    )

    def once() -> int | str:
        from cartage.storefront.order_statuses import find_status, statuses_listed

        decision = asking.text(question, given, default="1")
        ref = int(decision) if decision.isdigit() else decision
        found = find_status(ref, statuses)
        if isinstance(found, str):
            raise _wrong("--import-status", found)
        if found not in {status.id for status in statuses if status.visible}:
            raise _wrong(
                "--import-status", f"the store shows no status {found}; it has {statuses_listed(statuses)}."
            )
        if found in NEVER_READY:
            raise _wrong(
                "--import-status", f"{found} is {NEVER_READY[found]}: such orders are not ready to ship."
            )
        return ref

    return asking.until_right(once)


def ask_go_live(asking: Asking, given: str | None, zone: ZoneInfo) -> date:
    """The first day that Cartage answers for; today at the store unless another is named.

    Raises:
        SettingsError: if nobody can be asked, and it is no day.
    """
    question = Prompt(
        "--go-live", "First day (store's time)", "Orders placed before this day are never shipped."
    )

    def once() -> date:
        decision = asking.text(question, given, default=datetime.now(zone).date().isoformat())
        try:
            return date.fromisoformat(decision)
        except ValueError:
            raise _wrong("--go-live", f"{decision!r} is no day; write for example 2026-03-01.") from None

    return asking.until_right(once)


def ask_mode(asking: Asking, given: str | None) -> Mode:
    """What the lane may do; shadow unless another is named.

    Raises:
        SettingsError: if nobody can be asked, and it is no mode.
    """
    modes = ", ".join(Mode)
    question = Prompt(
        "--mode", f"Mode ({modes})", "shadow reads and checks everything, and shows what it would send."
    )

    def once() -> Mode:
        decision = asking.text(question, given, default=Mode.SHADOW.value)
        if decision not in set(Mode):
            raise _wrong("--mode", f"{decision!r} is no mode; modes: {modes}.")
        return Mode(decision)

    return asking.until_right(once)


def _wrong(option: str, what: str) -> SettingsError:
    return SettingsError(SUBJECT, [f"  {option}: {what}"])
