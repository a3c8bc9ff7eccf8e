"""The folder out: how the warehouse's files come into it, and what it does to those that are there."""

from __future__ import annotations

import hashlib
from pathlib import Path

from cartage_sandbox.files.accounts import CustomerAccount
from cartage_sandbox.files.premises import Premises


class OutTray:
    """Writes files for customers. Threads may share it, under the premises' lock."""

    def __init__(self, premises: Premises) -> None:
        self._premises = premises
        self._unfinished: dict[Path, bytes] = {}
        self._sent: dict[tuple[str, str], bytes] = {}

    def put(self, account: CustomerAccount, name: str, content: bytes) -> str:
        """Write a file in the manner of the rule `writes`, and return its name."""
        manner = self._premises.rules.text("writes")
        if manner == "in_steps":
            return self.begin(account, name, content)
        self._write(account, name, content)
        if manner == "with_done":
            self._write(account, f"{name}.done", b"")
        return name

    def begin(self, account: CustomerAccount, name: str, content: bytes) -> str:
        """Write the first half of a file under its final name; `finish` writes the rest."""
        path = self._folder(account) / name
        path.write_bytes(content[: len(content) // 2])
        self._unfinished[path] = content
        self._sent[account.login, name] = content
        self._note("file.begun", path, content)
        return name

    def finish(self) -> int:
        """Write the rest of every file that was begun, and return how many there were."""
        unfinished, self._unfinished = self._unfinished, {}
        for path, content in unfinished.items():
            path.write_bytes(content)
            self._note("file.written", path, content)
        return len(unfinished)

    def resend(self, account: CustomerAccount, name: str, new_name: str = "") -> str:
        """Write a file of earlier again, under its old name or another. Raises KeyError for one that never was."""
        return self.put(account, new_name or name, self._sent[account.login, name])

    def sent(self, account: CustomerAccount) -> list[str]:
        """Return the names of all files that were written for a customer."""
        return [name for login, name in self._sent if login == account.login]

    def content(self, account: CustomerAccount, name: str) -> bytes:
        """Return what was last written under a name. Raises KeyError."""
        return self._sent[account.login, name]

    def _write(self, account: CustomerAccount, name: str, content: bytes) -> None:
        path = self._folder(account) / name
        temporary = path.with_name(f".{name}.tmp")
        temporary.write_bytes(content)
        temporary.replace(path)
        self._sent[account.login, name] = content
        self._note("file.written", path, content)

    def _folder(self, account: CustomerAccount) -> Path:
        return self._premises.home(account.login) / "out"

    def _note(self, kind: str, path: Path, content: bytes) -> None:
        detail = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
        self._premises.journal.record_effect(kind, self._premises.shown(path), detail)
