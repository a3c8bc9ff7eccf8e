"""The folder in: which files the warehouse takes, when, how often, and what becomes of the orders in them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from itertools import chain, count
from pathlib import Path

from cartage_sandbox.files.accounts import CustomerAccount, FileForm
from cartage_sandbox.files.csvs.reading import UnreadableFile, read_orders
from cartage_sandbox.files.orders import TakenOrder, WantedOrder
from cartage_sandbox.files.premises import Premises
from cartage_sandbox.files.responses import OrderOutcome, Responses
from cartage_sandbox.files.x12.interchange import Group, Unreadable, interchanges
from cartage_sandbox.files.x12.sets import order_of

_TEMPORARY = (".tmp", ".part", ".partial", ".filepart")


class Intake:
    """Takes order files. Threads may share it, under the premises' lock."""

    def __init__(self, premises: Premises, responses: Responses) -> None:
        self._premises, self._responses = premises, responses
        self._first_seen: dict[Path, datetime] = {}
        self._taken: set[tuple[Path, str]] = set()

    def work(self) -> int:
        """Take every file that is due, and return how many there were."""
        return sum(self._look(account) for account in list(self._premises.accounts.values()))

    def closed(self, account: CustomerAccount, path: Path) -> None:
        """Take a file as soon as it is closed, whatever its name, if this server does so."""
        if self._premises.rules.flag("write_once") and path.parent == self._folder(account):
            with self._premises.lock:
                if path.is_file():
                    self._take(account, path)

    def give_up(self, account: CustomerAccount, orders: Iterable[TakenOrder], reason: str) -> int:
        """Reject orders that were taken and have not shipped, and say so in a file; return how many there were."""
        given_up = [order for order in orders if order.state in {"open", "partial"}]
        for order in given_up:
            order.state = "rejected"
            detail = {**order.facts(), "account": account.login, "reason": reason}
            self._premises.journal.record_effect("order.rejected", order.wanted.reference, detail)
        outcomes = [
            OrderOutcome(order.wanted.reference, order.wanted.position, order.number, reason)
            for order in given_up
        ]
        if account.form is not FileForm.X12:
            self._responses.to_orders(account, outcomes)
        return len(given_up)

    def _look(self, account: CustomerAccount) -> int:
        if self._premises.rules.text("picks_up") == "never":
            return 0
        due = [path for path in sorted(self._folder(account).iterdir()) if self._is_due(path)]
        for path in due:
            self._take(account, path)
        return len(due)

    def _is_due(self, path: Path) -> bool:
        rules = self._premises.rules
        if not path.is_file() or path.name.endswith("_rejected"):
            return False
        temporary = path.name.startswith(".") or path.name.endswith(_TEMPORARY)
        if temporary and not rules.flag("takes_temporary_names"):
            return False
        if rules.flag("waits_for_close") and self._premises.is_being_written(path):
            return False
        version = (path, _digest(path.read_bytes()))
        if version in self._taken:
            return False
        now = self._premises.clock.now()
        # By name: a file that grows is still the same one to the people who look into the folder.
        seen = self._first_seen.setdefault(path, now)
        return (now - seen).total_seconds() >= rules.number("pickup_seconds")

    def _take(self, account: CustomerAccount, path: Path) -> None:
        content = path.read_bytes()
        self._first_seen.pop(path, None)
        self._taken.add((path, _digest(content)))
        detail = {"sha256": _digest(content), "size": len(content)}
        self._premises.journal.record_effect("file.taken", self._premises.shown(path), detail)
        try:
            for _ in range(2 if self._premises.rules.text("picks_up") == "twice" else 1):
                if account.form is FileForm.X12:
                    self._take_x12(account, path.name, content)
                else:
                    self._take_csv(account, path.name, content)
        except (UnreadableFile, Unreadable, UnicodeDecodeError) as failure:
            self._refuse(path, str(failure))
        else:
            self._put_away(account, path)

    def _take_csv(self, account: CustomerAccount, name: str, content: bytes) -> None:
        orders = read_orders(content, account.layout)
        self._responses.to_orders(account, [self._order(account, name, order) for order in orders])

    def _take_x12(self, account: CustomerAccount, name: str, content: bytes) -> None:
        groups = [
            group for interchange in interchanges(content.decode("latin-1")) for group in interchange.groups
        ]
        if not groups:
            raise Unreadable("no functional group")
        for group in groups:
            self._responses.to_group(account, group, self._group(account, name, group))

    def _group(self, account: CustomerAccount, name: str, group: Group) -> dict[str, str]:
        """Take the sets of a group; return the error code of each that the 997 rejects."""
        rejected: dict[str, str] = {}
        for document in group.sets:
            if document.kind == "997":
                key = document.first("AK1")[2:3]
                self._premises.journal.record_effect("group.acknowledged", "".join(key), {"file": name})
                continue
            try:
                if document.faults:
                    raise Unreadable(f"{document.kind} {document.control}: {', '.join(document.faults)}")
                order = order_of(document)
            except Unreadable as failure:
                rejected[document.control] = "5"
                self._premises.journal.record_effect(
                    "set.rejected", document.control, {"reason": str(failure)}
                )
                continue
            if order.cancels:
                self._cancel(account, order)
                continue
            outcome = self._order(account, name, order)
            if outcome.reason and self._premises.rules.text("x12_rejects_by") == "997":
                rejected[document.control] = "5"
        return rejected

    def _order(self, account: CustomerAccount, file: str, wanted: WantedOrder) -> OrderOutcome:
        orders = self._premises.orders[account.login]
        present = [order for order in orders if order.wanted.reference == wanted.reference]
        reason = self._reason(account, wanted, present)
        if present and not reason and self._premises.rules.text("repeated_order") == "ignored":
            self._premises.journal.record_effect("order.ignored", wanted.reference, {"file": file})
            return OrderOutcome(wanted.reference, wanted.position, present[0].number)
        number = f"WH{self._premises.next_number():07d}"
        order = TakenOrder(number, wanted, file, self._premises.clock.now())
        detail = {**order.facts(), "account": account.login, "reason": reason}
        if reason:
            order.state = "rejected"
            self._premises.journal.record_effect("order.rejected", wanted.reference, detail)
        else:
            self._premises.journal.record_effect("order.taken", wanted.reference, detail)
        orders.append(order)
        return OrderOutcome(wanted.reference, wanted.position, "" if reason else number, reason)

    def _reason(self, account: CustomerAccount, wanted: WantedOrder, present: list[TakenOrder]) -> str:
        """Return why an order is rejected; empty if it is not."""
        if present and self._premises.rules.text("repeated_order") == "rejected":
            return "Duplicate order number"
        stock = self._premises.stock[account.login]
        unknown = [line.sku for line in wanted.lines if line.sku not in stock]
        if unknown and self._premises.rules.text("unknown_sku") == "rejected":
            return f"Unknown item {', '.join(dict.fromkeys(unknown))}"
        return ""

    def _cancel(self, account: CustomerAccount, wanted: WantedOrder) -> None:
        if not self._premises.rules.flag("cancels"):
            return
        for order in self._premises.orders[account.login]:
            if order.wanted.reference == wanted.reference and order.state == "open":
                order.state = "cancelled"
                self._premises.journal.record_effect("order.cancelled", wanted.reference)

    def _refuse(self, path: Path, reason: str) -> None:
        detail = {"reason": reason}
        self._premises.journal.record_effect("file.rejected", self._premises.shown(path), detail)
        manner = self._premises.rules.text("unreadable_file")
        with suppress(FileNotFoundError):
            if manner == "renamed":
                path.replace(path.with_name(f"{path.name}_rejected"))
            elif manner == "removed":
                path.unlink()

    def _put_away(self, account: CustomerAccount, path: Path) -> None:
        manner = self._premises.rules.text("picked_up")
        with suppress(FileNotFoundError):
            if manner == "archived":
                path.replace(_free(self._folder(account) / "archive" / path.name))
            elif manner == "removed":
                path.unlink()

    def _folder(self, account: CustomerAccount) -> Path:
        return self._premises.home(account.login) / "in"


def _free(path: Path) -> Path:
    """Return the path, or the next one of its kind that is free."""
    numbered = (path.with_name(f"{path.name}.{number}") for number in count(1))
    return next(candidate for candidate in chain([path], numbered) if not candidate.exists())


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
