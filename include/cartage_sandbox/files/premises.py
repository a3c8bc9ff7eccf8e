"""The warehouse's premises: customers, folders, orders and stock, under one lock. What happens in them is elsewhere."""

from __future__ import annotations

import itertools
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from cartage_sandbox.files.accounts import CustomerAccount
from cartage_sandbox.files.faults import FileFaults
from cartage_sandbox.files.orders import TakenOrder
from cartage_sandbox.kernel.clock import Clock
from cartage_sandbox.kernel.journal import Journal
from cartage_sandbox.kernel.rules import Rules


class Premises:
    """What the SFTP server and the people in the warehouse share. Threads may share it, under `lock`."""

    def __init__(
        self, root: Path, clock: Clock, rng: random.Random, rules: Rules, journal: Journal, faults: FileFaults
    ) -> None:
        self.root, self.clock, self.rng = root, clock, rng
        self.rules, self.journal, self.faults = rules, journal, faults
        self.lock = threading.RLock()
        self.accounts: dict[str, CustomerAccount] = {}
        self.orders: dict[str, list[TakenOrder]] = {}
        self.stock: dict[str, dict[str, int]] = {}
        self.changed_skus: dict[str, dict[str, None]] = {}
        self.on_close: Callable[[CustomerAccount, Path], None] | None = None
        """Called when a written file is closed."""
        self.on_tick: Callable[[], None] | None = None
        """Called a few times a second by a running server."""
        self._writers: Counter[Path] = Counter()
        self._numbers = itertools.count(1)

    def add_account(self, account: CustomerAccount) -> Path:
        """Let a customer in; return the folder that holds theirs."""
        with self.lock:
            self.accounts[account.login] = account
            self.orders.setdefault(account.login, [])
            self.stock.setdefault(account.login, {})
            self.changed_skus.setdefault(account.login, {})
            return account.make_folders(self.root)

    def account(self, login: str) -> CustomerAccount:
        """Return a customer by login. Raises KeyError."""
        return self.accounts[login]

    def home(self, login: str) -> Path:
        """Return the folder that holds a customer's folders."""
        return self.root / login

    def next_number(self) -> int:
        """Return a number that no file, order or shipment has yet."""
        return next(self._numbers)

    def all_orders(self) -> Iterator[tuple[CustomerAccount, TakenOrder]]:
        """Yield every order with its customer."""
        for login, orders in self.orders.items():
            for order in orders:
                yield self.accounts[login], order

    def accepts_password(self, login: str, password: str) -> bool:
        """Return whether a customer has this password."""
        account = self.accounts.get(login)
        return account is not None and bool(account.password) and account.password == password

    def accepts_key(self, login: str, public_key: str) -> bool:
        """Return whether a customer has this public key, whatever its comment."""
        account = self.accounts.get(login)
        given = public_key.split()[:2]
        return account is not None and any(key.split()[:2] == given for key in account.public_keys)

    def begin_writing(self, path: Path) -> None:
        """Note that a client writes a file."""
        with self.lock:
            self._writers[path] += 1

    def end_writing(self, path: Path) -> None:
        """Note that a client closed a file; it may not have written it."""
        with self.lock:
            written = self._writers[path] > 0
            self._writers[path] -= 1
            if self._writers[path] <= 0:
                del self._writers[path]
            account = self._account_of(path)
        if written and account is not None and self.on_close is not None:
            self.on_close(account, path)

    def is_being_written(self, path: Path) -> bool:
        """Return whether a client has a file open for writing."""
        return self._writers[path] > 0

    def note_change(self, kind: str, path: Path) -> None:
        """Record what a client did to a file."""
        self.journal.record_effect(kind, self.shown(path))

    def note_rename(self, old: Path, new: Path) -> None:
        """Record that a client renamed a file."""
        self.journal.record_effect("file.renamed", self.shown(new), {"from": self.shown(old)})

    def shown(self, path: Path) -> str:
        """Return a path as the journal has it: with the login, as in `cartage/in/ord_1.csv`."""
        return path.relative_to(self.root).as_posix()

    def work_if_due(self) -> None:
        """Do what is due by itself."""
        if self.on_tick is not None:
            self.on_tick()

    def _account_of(self, path: Path) -> CustomerAccount | None:
        return self.accounts.get(path.relative_to(self.root).parts[0])
