"""Settings of a file lane's folders: normal forms, and mistakes that would lose or repeat files."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from cartage.connections import Connection
from cartage.errors import SettingsError
from cartage.warehouses.files.transport import Publish, TransferSettings, open_transport
from cartage.warehouses.files.transport.folder import FolderTransport


def settings(**changes: Any) -> TransferSettings:
    return TransferSettings.model_validate(
        {"orders_to": "/in", "read_from": ["/out"], "archive_to": "/archive", **changes}
    )


def test_defaults() -> None:
    found = settings()
    assert (found.publish, found.staging_folder, found.settle) == (
        Publish.RENAME,
        "/in",
        timedelta(seconds=60),
    )
    assert settings(staging="/work").staging_folder == "/work"


def test_folders_have_one_form() -> None:
    found = settings(orders_to=" /in/ ", read_from=["/out//x/../"])
    assert (found.orders_to, found.read_from) == ("/in", ("/out",))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"archive_to": ""}, "names no archive_to"),
        ({"archive_to": "/out/"}, "archives into a folder that it reads"),
        ({"read_from": ["/in/"]}, "reads the folder into which it writes orders"),
        ({"done_file": "done"}, "done_file without {name} or {stem}"),
        ({"orders_to": ""}, "at least 1 character"),
        ({"orders_to": "/in\n"}, "not the path of a folder"),
        ({"publish": "copy"}, "'rename' or 'direct'"),
        ({"files_per_run": 0}, "greater than or equal to 1"),
        ({"nonsense": 1}, "Extra inputs"),
    ],
)
def test_mistakes(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        settings(**changes)
    assert message in str(caught.value)


def test_deleting_needs_no_archive() -> None:
    assert settings(after_reading="delete", archive_to="").archive_to == ""


def test_a_folder_replaces_the_connection() -> None:
    assert isinstance(open_transport(settings(folder="/mnt/3pl"), None), FolderTransport)


def test_without_both_there_is_an_error() -> None:
    with pytest.raises(SettingsError, match="no connection: name one of the type SFTP"):
        open_transport(settings(), None)


def test_opening_makes_no_call() -> None:
    connection = Connection("wh", "no-such-host.invalid", "acme", "password")
    open_transport(settings(), connection).close()
