"""Settings of a lane whose warehouse exchanges files: every mistake has its place, its reason and its fix."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from cartage.connections import Connection
from cartage.errors import SettingsError
from cartage.http import Timeouts
from cartage.lanes.account import account_of
from cartage.lanes.connectors import connection_type, has_catalogue, needs_connection
from cartage.lanes.settings.lane import Lane
from cartage.lanes.sources.places import FILE_VARIABLE
from cartage.warehouses.files import _with_timeouts
from cartage.warehouses.files.settings import FilesSettings
from cartage.warehouses.registry import open_warehouse, request_validator, warehouse_connection
from tests.unit.warehouses.files.profiles.test_own_orders import order

CSV: dict[str, Any] = {
    "format": "csv",
    "profile": "dsfx",
    "orders_to": "/in",
    "read_from": "/out",
    "archive_to": "/archive",
}
X12: dict[str, Any] = {
    **{name: value for name, value in CSV.items() if name not in {"format", "profile"}},
    "format": "x12",
    "x12": {"us": {"id": "US"}, "partner": {"id": "THEM"}},
}
LANE: dict[str, Any] = {
    "name": "acme",
    "store": {
        "connection": "store",
        "time_zone": "UTC",
        "go_live": "2026-01-01",
        "import_status": 1,
    },
    "warehouse": {"connector": "files", "connection": "acme_sftp", "settings": CSV},
}


class Known:
    """A resolver that knows one connection."""

    def get(self, connection_id: str) -> Connection | None:
        return Connection(connection_id, host="sftp.example.com") if connection_id == "acme_sftp" else None


def mistakes(settings: dict[str, Any]) -> str:
    with pytest.raises(ValidationError) as caught:
        FilesSettings.model_validate(settings)
    return "\n".join(
        f"{error['msg']} {error.get('ctx', {}).get('fix', '')}" for error in caught.value.errors()
    )


def test_one_folder_may_be_written_as_a_text() -> None:
    assert FilesSettings.model_validate(CSV).read_from == ("/out",)
    several = FilesSettings.model_validate({**CSV, "read_from": "/out, /inventory"})
    assert several.read_from == ("/out", "/inventory")
    assert FilesSettings.model_validate(X12).read_from == ("/out",)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({**CSV, "profile": ""}, "names no profile"),
        ({**CSV, "profile": "dfsx"}, "there is no profile 'dfsx' Did you mean 'dsfx'"),
        ({**CSV, "x12": X12["x12"]}, "has x12, which format csv does not use"),
        ({**X12, "x12": None, "profile": "dsfx"}, "Field required"),
        ({key: value for key, value in X12.items() if key != "x12"}, "has no section x12"),
        ({**X12, "profile": "dsfx"}, "has profile, which format x12 does not use"),
        ({**CSV, "taken_orders": "/in"}, "same folder in taken_orders and orders_to"),
        ({**CSV, "replies_to": "/out"}, "/out in replies_to and in read_from"),
        ({**CSV, "archive_to": ""}, "names no archive_to"),
        (
            {**CSV, "known_skus": "inventory", "after_reading": "delete", "archive_to": ""},
            "deletes those files",
        ),
    ],
)
def test_a_mistake_says_what_is_wrong_and_how_to_fix_it(settings: dict[str, Any], expected: str) -> None:
    assert expected in mistakes(settings)


def test_a_profile_with_mistakes_is_one_of_the_lane(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FILE_VARIABLE, str(tmp_path / "lanes.yaml"))
    (tmp_path / "profiles").mkdir()
    own = tmp_path / "profiles" / "acme.yaml"
    own.write_text("extends: plain\norders: {delimiter: xy}\n")
    found = mistakes({**CSV, "profile": "acme"})
    assert "the profile 'acme' has 1 mistake" in found
    assert "cartage files profiles check acme" in found
    own.write_text("extends: plain\norders: {delimiter: ';'}\n")
    assert FilesSettings.model_validate({**CSV, "profile": "acme"}).open_format().orders_per_document == 1


def test_the_account_changes_with_the_profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A document that was written by another profile is not sent again, and what is shown is shown again."""
    monkeypatch.setenv(FILE_VARIABLE, str(tmp_path / "lanes.yaml"))
    (tmp_path / "profiles").mkdir()
    own = tmp_path / "profiles" / "acme.yaml"
    accounts = []
    for delimiter in (";", "|", ";"):
        own.write_text(f"extends: plain\norders: {{delimiter: '{delimiter}'}}\n")
        warehouse = {**LANE["warehouse"], "settings": {**CSV, "profile": "acme"}}
        accounts.append(account_of(Lane.model_validate({**LANE, "warehouse": warehouse})))
    assert accounts[0] == accounts[2] != accounts[1]


def test_a_mounted_folder_needs_no_connection(tmp_path: Path) -> None:
    settings = {**CSV, "folder": str(tmp_path)}
    assert (needs_connection("files", CSV), needs_connection("files", settings)) == (True, False)
    assert warehouse_connection(Known(), "files", "nowhere", settings) == Connection("nowhere")
    assert warehouse_connection(Known(), "files", "acme_sftp", CSV).host == "sftp.example.com"
    with pytest.raises(SettingsError, match="not found"):
        warehouse_connection(Known(), "files", "nowhere", CSV)
    for folder in ("in", "out", "archive"):
        (tmp_path / folder).mkdir()
    check = open_warehouse("files", Connection("nowhere"), settings).check()
    assert check.ok, check.text


def test_the_connection_has_airflows_own_type() -> None:
    assert connection_type("files") == "sftp"
    assert connection_type("extensiv") == "extensiv"


def test_skus_are_checked_where_inventory_files_name_them() -> None:
    assert not has_catalogue("files", CSV)
    assert has_catalogue("files", {**CSV, "known_skus": "inventory"})
    assert has_catalogue("extensiv", {"customer_id": 1, "facility_id": 1})


def test_timeouts_of_the_connection_come_before_the_lanes() -> None:
    lane = Timeouts(connect=5.0, read=40.0)
    plain = _with_timeouts(Connection("c", extra={"host_key": "k"}), lane).extra
    assert plain == {"host_key": "k", "conn_timeout": 5.0, "cmd_timeout": 40.0}
    own = Connection("c", extra={"timeout": 3, "cmd_timeout": 9})
    assert _with_timeouts(own, lane).extra == own.extra


def test_an_order_is_checked_without_the_account() -> None:
    check = request_validator("files", CSV)
    assert check(order()) == []
    assert [problem.subject for problem in check(order("A 1"))] != []
