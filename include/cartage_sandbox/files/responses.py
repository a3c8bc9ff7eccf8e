"""What the warehouse says about order files: acknowledgement files (CSV) and 997s (X12), at once or later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cartage_sandbox.files.accounts import CustomerAccount, FileForm
from cartage_sandbox.files.csvs.writing import acknowledgement_file
from cartage_sandbox.files.premises import Premises
from cartage_sandbox.files.tray import OutTray
from cartage_sandbox.files.x12 import sets
from cartage_sandbox.files.x12.interchange import Group


@dataclass(frozen=True)
class OrderOutcome:
    """What became of one order of a file: its number in the warehouse, or why it was rejected."""

    reference: str
    position: str
    number: str = ""
    reason: str = ""


@dataclass(frozen=True)
class _Due:
    at: datetime
    account: CustomerAccount
    name: str
    content: bytes


class Responses:
    """Writes responses when they are due. Threads may share it, under the premises' lock."""

    def __init__(self, premises: Premises, tray: OutTray) -> None:
        self._premises, self._tray = premises, tray
        self._due: list[_Due] = []

    def to_orders(self, account: CustomerAccount, outcomes: Sequence[OrderOutcome]) -> None:
        """Acknowledge the orders of a CSV file, as the rule `acknowledges` says."""
        named = self._premises.rules.text("acknowledges")
        rows = [
            {
                "reference": outcome.reference,
                "status": "REJECTED" if outcome.reason else "ACCEPTED",
                "message": outcome.reason,
                "number": outcome.number,
            }
            for outcome in outcomes
            if named == "all" or (named == "rejections" and outcome.reason)
        ]
        if rows:
            self._later(account, account.layout.prefixes[2], acknowledgement_file(rows, account.layout))

    def to_group(self, account: CustomerAccount, group: Group, rejected: Mapping[str, str]) -> None:
        """Acknowledge a functional group, as the rule `sends_997` says. A 997 itself is never acknowledged."""
        when = self._premises.rules.text("sends_997")
        if group.code == "FA" or when == "never" or (when == "rejections" and not rejected):
            return
        segments = sets.acknowledgement(group, rejected)
        number = self._premises.next_number()
        text = account.envelope.written("FA", number, self._premises.clock.now(), [("997", segments)])
        self._later(account, "997", text.encode())

    def send_due(self) -> int:
        """Write what is due, and return how many files that were."""
        now = self._premises.clock.now()
        due = [response for response in self._due if response.at <= now]
        self._due = [response for response in self._due if response.at > now]
        for response in due:
            self._tray.put(response.account, response.name, response.content)
        return len(due)

    def _later(self, account: CustomerAccount, prefix: str, content: bytes) -> None:
        now = self._premises.clock.now()
        at = now + timedelta(seconds=self._premises.rules.number("response_seconds"))
        suffix = "x12" if account.form is FileForm.X12 else "csv"
        name = f"{prefix}_{self._premises.next_number():06d}_{now:%y%m%d%H%M%S}.{suffix}"
        self._due.append(_Due(at, account, name, content))
