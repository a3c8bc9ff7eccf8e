"""What a look at an account's folders finds, and what a try with temporary names finds and leaves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cartage.warehouses.checks import Inspected
from cartage.warehouses.files.transport import Transport
from cartage.warehouses.files.transport.probe import look_at_folders, try_staging
from cartage_sandbox.files import FileWarehouse
from cartage_sandbox.kernel import Fault
from tests.contract.warehouses.files.stands import Stand, transfer


def by_thing(findings: list[Inspected]) -> dict[str, Inspected]:
    assert findings != []
    return {finding.thing: finding for finding in findings}


def test_each_folder_is_shown_with_what_is_in_it(stand: Stand) -> None:
    (stand.root / "out" / "a.csv").write_bytes(b"x")
    found = by_thing(list(look_at_folders(stand.transport, transfer(staging="none"))))
    assert list(found) == ["folder in", "folder none", "folder out", "folder archive"]
    assert found["folder out"].text.startswith("1 file, the latest of 20")
    assert found["folder in"].text == "0 files"
    assert (found["folder none"].ok, found["folder none"].text) == (False, "it is not there")


def test_a_folder_without_rights_is_a_finding(warehouse: FileWarehouse, transport: Transport) -> None:
    warehouse.faults.add(Fault.parse({"route": "LIST /out", "kind": "status", "status": 403}))
    found = by_thing(list(look_at_folders(transport, transfer())))
    assert (found["folder out"].ok, found["folder out"].text) == (False, "the account may not list it")
    assert found["folder archive"].ok


def test_a_try_leaves_nothing_behind(stand: Stand) -> None:
    found = by_thing(list(try_staging(stand.transport, transfer())))
    assert found["staging in in"].ok
    assert (found["rename"].ok, found["rename"].warns) == (True, False)
    assert found["clock of the server"].text == "the same as this machine's"
    assert stand.names("in") == []


def test_nothing_is_tried_where_every_file_is_an_order(stand: Stand) -> None:
    assert list(try_staging(stand.transport, transfer(publish="direct"))) == []


def test_no_name_of_a_try_could_be_an_order(warehouse: FileWarehouse, transport: Transport) -> None:
    assert list(try_staging(transport, transfer())) != []
    opened = [entry["path"] for entry in warehouse.journal.entries("request") if entry["method"] == "OPEN"]
    assert len(opened) == 2
    assert all(path.startswith("/in/.cartage-probe-") and path.endswith(".tmp") for path in opened)


@pytest.mark.parametrize("shows_times", [True, False])
def test_a_server_without_times_of_files_is_named(
    warehouse: FileWarehouse, transport: Transport, shows_times: bool
) -> None:
    warehouse.rules.update({"file_times": shows_times})
    found = by_thing(list(try_staging(transport, transfer())))
    assert ("times of files" in found, "clock of the server" in found) == (not shows_times, shows_times)
    assert all(finding.ok for finding in found.values())


def test_a_server_that_overwrites_is_named(warehouse: FileWarehouse, transport: Transport) -> None:
    warehouse.rules.update({"rename_overwrites": True})
    found = by_thing(list(try_staging(transport, transfer())))
    assert found["rename"].warns
    assert "overwrites" in found["rename"].text


@pytest.mark.parametrize(("ahead", "warns"), [(3600.0, False), (-3600.0, True)])
def test_a_clock_that_is_wrong_is_shown(
    warehouse: FileWarehouse, transport: Transport, ahead: float, warns: bool
) -> None:
    warehouse.rules.update({"clock_ahead_seconds": ahead})
    clock = by_thing(list(try_staging(transport, transfer(settle="60s"))))["clock of the server"]
    assert clock.warns is warns
    assert clock.text in {
        f"{seconds} s {word}" for seconds in (3599, 3600, 3601) for word in ("ahead", "behind")
    }


def test_missing_rights_are_a_finding_and_nothing_stays(
    warehouse: FileWarehouse, transport: Transport
) -> None:
    warehouse.faults.add(Fault.parse({"route": "RENAME", "kind": "status", "status": 403}))
    found = by_thing(list(try_staging(transport, transfer())))
    assert (found["rename"].ok, found["staging in in"].ok) == (False, True)
    warehouse.faults.add(Fault.parse({"route": "OPEN", "kind": "status", "status": 403}))
    found = by_thing(list(try_staging(transport, transfer())))
    assert found["staging in in"].ok is False
    assert list((warehouse.premises.home("cartage") / "in").glob(".*")) == []


def test_the_clock_is_compared_with_the_time_of_writing(
    warehouse: FileWarehouse, transport: Transport
) -> None:
    later = datetime.now(UTC) + timedelta(hours=2)
    clock = by_thing(list(try_staging(transport, transfer(), lambda: later)))["clock of the server"]
    assert clock.text.endswith("behind")
