"""Customers of the warehouse: a login, folders, and the form of their files. Names are the warehouse's: in, out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from cartage_sandbox.files.csvs.layouts import DSFX, PLAIN, CsvLayout
from cartage_sandbox.files.x12.interchange import Envelope

FOLDERS = ("in", "out", "archive", "in/archive")


class FileForm(StrEnum):
    """The form of an account's files."""

    DSFX = "dsfx"
    PLAIN = "plain"
    X12 = "x12"


@dataclass(frozen=True)
class CustomerAccount:
    """A customer. `public_keys` are OpenSSH lines; `envelope` is for what the warehouse writes in X12."""

    login: str
    password: str = field(repr=False)
    form: FileForm = FileForm.DSFX
    public_keys: tuple[str, ...] = ()
    layout: CsvLayout = DSFX
    envelope: Envelope = field(default_factory=lambda: Envelope("SANDBOXWMS", "CARTAGE"))

    @classmethod
    def parse(cls, row: Mapping[str, Any]) -> CustomerAccount:
        """Build an account from plain data. Raises ValueError or KeyError for what does not fit."""
        form = FileForm(str(row.get("form", FileForm.DSFX)))
        layout = (PLAIN if form is FileForm.PLAIN else DSFX).changed(row.get("layout", {}))
        return cls(
            login=_login(str(row["login"])),
            password=str(row["password"]),
            form=form,
            public_keys=tuple(map(str, row.get("public_keys", ()))),
            layout=layout,
            envelope=replace(Envelope("SANDBOXWMS", "CARTAGE"), **row.get("envelope", {})),
        )

    def make_folders(self, root: Path) -> Path:
        """Make the customer's folders below `root` and return the folder that holds them."""
        home = root / self.login
        for folder in FOLDERS:
            (home / folder).mkdir(parents=True, exist_ok=True)
        return home


def _login(text: str) -> str:
    if not text.isidentifier():
        raise ValueError(f"login {text!r} is no plain name")
    return text


DEFAULT_ACCOUNT = CustomerAccount(login="cartage", password="sandbox-password-of-cartage")  # noqa: S106 - opens the sandbox alone
