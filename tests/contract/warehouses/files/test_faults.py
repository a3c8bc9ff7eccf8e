"""What goes wrong at real servers: lost responses, missing rights, full disks, servers with habits of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest

from cartage.errors import (
    NotFound,
    NotSent,
    OutcomeUnknown,
    PermissionDenied,
    RemoteError,
    RemoteUnavailable,
)
from cartage.warehouses.contract import SubmitOutcome
from cartage.warehouses.documents import InboundDocument, OutboundDocument, Withdrawal
from cartage.warehouses.files.transport import Transport, open_transport
from cartage.warehouses.files.transport.folder import FolderTransport
from cartage.warehouses.files.transport.inbox import Inbox
from cartage.warehouses.files.transport.looks import Looks
from cartage.warehouses.files.transport.outbox import Outbox
from cartage.warehouses.files.transport.probe import try_staging
from cartage.warehouses.files.transport.sftp import SftpTransport
from cartage_sandbox.files import DEFAULT_ACCOUNT, FileWarehouse
from cartage_sandbox.kernel import Fault
from tests.contract.warehouses.files.stands import OpenSsh, connection_to, require_openssh, transfer

DOCUMENT = OutboundDocument(7, datetime(2026, 11, 29, 2, tzinfo=UTC), "ord_A3_7.csv", b'"PH","A3_7"\r\n')
FINAL = "/in/ord_A3_7.csv"
STAGED = r"RENAME /in/\.ord_A3_7\.csv\.7\.1\.tmp"


def home(warehouse: FileWarehouse) -> Path:
    return warehouse.premises.home(DEFAULT_ACCOUNT.login)


def any_name(name: str) -> bool:
    return bool(name)


def arm(warehouse: FileWarehouse, route: str, kind: str, **fields: Any) -> None:
    warehouse.faults.add(Fault.parse({"route": route, "kind": kind, **fields}))


@pytest.mark.parametrize("kind", ["reset", "close"])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_publication_whose_response_is_lost_is_settled_at_once(
    warehouse: FileWarehouse, transport: Transport, moment: str, kind: str
) -> None:
    box = Outbox(transport, transfer())
    box.stage(DOCUMENT)
    arm(warehouse, STAGED, kind, moment=moment)
    assert box.publish(DOCUMENT) is SubmitOutcome.ACCEPTED
    assert (home(warehouse) / "in" / DOCUMENT.name).read_bytes() == DOCUMENT.content
    assert box.withdraw(DOCUMENT) is Withdrawal.PUBLISHED


@pytest.mark.parametrize("published", [True, False])
def test_a_publication_that_stays_unseen_is_unknown_until_it_is_withdrawn(
    warehouse: FileWarehouse, transport: Transport, published: bool
) -> None:
    box = Outbox(transport, transfer())
    box.stage(DOCUMENT)
    arm(warehouse, STAGED, "reset", moment="after" if published else "before")
    arm(warehouse, "CONNECT", "reset", times=9)
    with pytest.raises(OutcomeUnknown, match=r"rename in/\.ord_A3_7\.csv\.7\.1\.tmp"):
        box.publish(DOCUMENT)
    with pytest.raises(NotSent):
        box.withdraw(DOCUMENT)
    warehouse.faults.clear()
    assert box.withdraw(DOCUMENT) is (Withdrawal.PUBLISHED if published else Withdrawal.WITHDRAWN)
    assert (home(warehouse) / "in" / DOCUMENT.name).exists() is published


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_withdrawal_whose_response_is_lost_is_still_one(
    warehouse: FileWarehouse, transport: Transport, moment: str
) -> None:
    box = Outbox(transport, transfer())
    box.stage(DOCUMENT)
    arm(warehouse, STAGED, "reset", moment=moment)
    assert box.withdraw(DOCUMENT) is Withdrawal.WITHDRAWN
    assert not (home(warehouse) / "in" / DOCUMENT.name).exists()
    assert box.withdraw(DOCUMENT) is Withdrawal.WITHDRAWN


def test_a_document_that_is_taken_before_the_response_is_lost_was_published(
    warehouse: FileWarehouse, transport: Transport
) -> None:
    warehouse.rules.update({"auto_work_seconds": 0.05, "unreadable_file": "removed"})
    box = Outbox(transport, transfer())
    box.stage(DOCUMENT)
    arm(warehouse, STAGED, "delay", seconds=1, moment="after")
    arm(warehouse, STAGED, "reset", moment="after")
    assert box.publish(DOCUMENT) is SubmitOutcome.ACCEPTED
    assert warehouse.journal.count("file.taken") == 1
    assert not (home(warehouse) / "in" / DOCUMENT.name).exists()
    assert box.withdraw(DOCUMENT) is Withdrawal.PUBLISHED


@pytest.mark.parametrize("operation", ["OPEN", "WRITE", "CLOSE", "STAT"])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_drop_while_a_document_is_staged_is_repaired_by_a_second_try(
    warehouse: FileWarehouse, transport: Transport, operation: str, moment: str
) -> None:
    transport.look("in")
    arm(warehouse, rf"{operation} .*\.tmp", "reset", moment=moment)
    Outbox(transport, transfer()).stage(DOCUMENT)
    [staged] = (home(warehouse) / "in").glob(".*.tmp")
    assert staged.read_bytes() == DOCUMENT.content


def test_a_connection_that_drops_twice_is_an_error_that_may_be_tried_later(
    warehouse: FileWarehouse, transport: Transport
) -> None:
    arm(warehouse, "LIST", "reset", times=2)
    with pytest.raises(RemoteUnavailable, match=r"SFTP 127\.0\.0\.1:\d+: list out: the connection was cut"):
        transport.scan("out", list)
    assert transport.scan("out", list) == []


@pytest.mark.parametrize("operation", ["READ", "OPEN", "STAT"])
def test_a_drop_while_a_file_is_read_is_repaired(
    warehouse: FileWarehouse, transport: Transport, operation: str
) -> None:
    content = bytes(range(256)) * 2000
    (home(warehouse) / "out" / "inv.csv").write_bytes(content)
    transport.look("out")
    arm(warehouse, rf"{operation} /out/inv.csv", "reset", nth=3 if operation == "READ" else 1)
    inbox = Inbox(transport, transfer())
    [file] = inbox.listing(any_name, Looks()).ready
    document = inbox.read(file)
    assert document is not None
    assert document.content == content


def test_an_idle_connection_that_the_server_has_closed_is_opened_again(
    warehouse: FileWarehouse, transport: Transport
) -> None:
    box = Outbox(transport, transfer())
    box.stage(DOCUMENT)
    assert warehouse.sftp.drop_connections() == 1
    assert box.publish(DOCUMENT) is SubmitOutcome.ACCEPTED


def test_a_server_that_does_not_respond_is_waited_for_no_longer_than_set(warehouse: FileWarehouse) -> None:
    extra = {"host_key": warehouse.sftp.host_key, "cmd_timeout": 0.3}
    with open_transport(transfer(), connection_to(warehouse, extra=extra)) as transport:
        transport.look("in")
        arm(warehouse, "LIST", "delay", seconds=60, nth=0)
        with pytest.raises(RemoteUnavailable, match="no response within the timeout"):
            transport.scan("out", list)


@pytest.mark.parametrize(
    ("status", "error", "text"),
    [
        (403, PermissionDenied, "no right to rename"),
        (507, RemoteUnavailable, "No space left"),
        (500, RemoteUnavailable, "refused .*disk is full"),
    ],
)
def test_a_refused_publication_is_not_published_and_can_be_withdrawn(
    warehouse: FileWarehouse, transport: Transport, status: int, error: type[RemoteError], text: str
) -> None:
    box = Outbox(transport, transfer())
    box.stage(DOCUMENT)
    arm(warehouse, STAGED, "status", status=status)
    with pytest.raises(error, match=text):
        box.publish(DOCUMENT)
    assert box.withdraw(DOCUMENT) is Withdrawal.WITHDRAWN


def test_a_full_disk_fails_the_staging_with_the_servers_own_words(
    warehouse: FileWarehouse, transport: Transport
) -> None:
    arm(warehouse, "WRITE", "status", status=507)
    with pytest.raises(RemoteUnavailable, match=r"write in/.*No space left on device.*disk is full"):
        Outbox(transport, transfer()).stage(DOCUMENT)


def test_a_message_that_is_not_utf_8_is_no_crash(warehouse: FileWarehouse, transport: Transport) -> None:
    arm(warehouse, "LIST", "status", status=500, body="Zugriff verweigert: Verzeichnis \u00fc")
    with pytest.raises(RemoteUnavailable, match="Zugriff verweigert"):
        transport.scan("out", list)


def test_a_file_that_vanishes_between_listing_and_reading_is_left_out(
    warehouse: FileWarehouse, transport: Transport
) -> None:
    (home(warehouse) / "out" / "a.csv").write_bytes(b"x\n")
    inbox = Inbox(transport, transfer())
    [file] = inbox.listing(any_name, Looks()).ready
    arm(warehouse, "OPEN /out/a.csv", "status", status=404)
    assert inbox.read(file) is None


def test_an_archive_without_rights_is_named_and_the_file_stays(
    warehouse: FileWarehouse, transport: Transport
) -> None:
    (home(warehouse) / "out" / "a.csv").write_bytes(b"x\n")
    inbox = Inbox(transport, transfer())
    [file] = inbox.listing(any_name, Looks()).ready
    document = inbox.read(file)
    assert document is not None
    warehouse.rules.update({"moves_out_of_archive": False})
    with pytest.raises(PermissionDenied, match=r"Ask the warehouse for the right to rename out/a.csv"):
        inbox.put_away(document)
    assert (home(warehouse) / "out" / "a.csv").exists()


@pytest.mark.parametrize("moment", ["before", "after"])
def test_an_archiving_whose_response_is_lost_is_repaired(
    warehouse: FileWarehouse, transport: Transport, moment: str
) -> None:
    (home(warehouse) / "out" / "a.csv").write_bytes(b"x\n")
    inbox = Inbox(transport, transfer())
    [file] = inbox.listing(any_name, Looks()).ready
    document = inbox.read(file)
    assert document is not None
    arm(warehouse, "RENAME /out/a.csv", "reset", moment=moment)
    assert inbox.put_away(document)
    assert (home(warehouse) / "archive" / "a.csv").read_bytes() == b"x\n"


def test_a_server_that_overwrites_gets_no_chance_to(warehouse: FileWarehouse, transport: Transport) -> None:
    warehouse.rules.update({"rename_overwrites": True})
    final = home(warehouse) / "in" / DOCUMENT.name
    final.write_bytes(b"another file of the same name")
    box = Outbox(transport, transfer())
    box.stage(DOCUMENT)
    with pytest.raises(RemoteError, match="other content"):
        box.publish(DOCUMENT)
    assert final.read_bytes() == b"another file of the same name"


@pytest.mark.parametrize("offered", [True, False])
def test_posix_rename_is_never_used(warehouse: FileWarehouse, transport: Transport, offered: bool) -> None:
    warehouse.rules.update({"posix_rename": offered})
    box = Outbox(transport, transfer())
    box.stage(DOCUMENT)
    box.publish(DOCUMENT)
    methods = {entry["method"] for entry in warehouse.journal.entries("request")}
    assert "RENAME" in methods
    assert "POSIX_RENAME" not in methods


def test_a_server_that_takes_files_at_once_gets_a_document_once_and_whole(
    warehouse: FileWarehouse, transport: Transport
) -> None:
    warehouse.rules.update({"write_once": True, "picked_up": "removed"})
    with pytest.raises(RemoteUnavailable, match="publish: direct"):
        Outbox(transport, transfer()).stage(DOCUMENT)
    box = Outbox(transport, transfer(publish="direct"))
    box.stage(DOCUMENT)
    assert box.publish(DOCUMENT) is SubmitOutcome.ACCEPTED
    taken = [
        entry for entry in warehouse.journal.entries("file.taken") if entry["key"].endswith("/ord_A3_7.csv")
    ]
    assert [entry["detail"]["size"] for entry in taken] == [len(DOCUMENT.content)]
    assert box.withdraw(DOCUMENT) is Withdrawal.UNKNOWN


@pytest.mark.parametrize(
    ("operation", "fault"),
    [
        ("OPEN", {"kind": "reset", "moment": "after"}),
        ("OPEN", {"kind": "reset", "moment": "before"}),
        ("WRITE", {"kind": "reset", "moment": "after"}),
        ("WRITE", {"kind": "status", "status": 507}),
    ],
)
def test_a_direct_publication_that_fails_on_its_way_stays_unknown(
    warehouse: FileWarehouse, transport: Transport, operation: str, fault: dict[str, Any]
) -> None:
    transport.look("in")
    arm(warehouse, f"{operation} {FINAL}", **fault)
    with pytest.raises(OutcomeUnknown, match=f"create in/{DOCUMENT.name}"):
        Outbox(transport, transfer(publish="direct")).publish(DOCUMENT)


def test_a_direct_publication_that_is_refused_is_none(warehouse: FileWarehouse, transport: Transport) -> None:
    arm(warehouse, f"OPEN {FINAL}", "status", status=403)
    with pytest.raises(PermissionDenied):
        Outbox(transport, transfer(publish="direct")).publish(DOCUMENT)
    assert not (home(warehouse) / "in" / DOCUMENT.name).exists()


def test_threads_share_a_transport(warehouse: FileWarehouse, transport: Transport) -> None:
    for number in range(8):
        (home(warehouse) / "out" / f"{number}.csv").write_bytes(bytes([number]) * 100_000)
    start, found = Barrier(8), {}

    def read(number: int) -> None:
        start.wait(10)
        found[number] = transport.read(f"out/{number}.csv", 100_000)

    threads = [Thread(target=read, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert found == {number: bytes([number]) * 100_000 for number in range(8)}
    logins = [entry for entry in warehouse.journal.entries("request") if entry["method"] == "OPEN"]
    assert len(logins) == 8


def test_openssh_that_dies_is_started_again(tmp_path: Path) -> None:
    require_openssh()
    (tmp_path / "in").mkdir()
    server = OpenSsh(tmp_path)
    try:
        with SftpTransport("SFTP pair", server, response_timeout=20) as transport:
            box = Outbox(transport, transfer())
            box.stage(DOCUMENT)
            server.kill()
            assert box.publish(DOCUMENT) is SubmitOutcome.ACCEPTED
            assert len(server.processes) == 2
    finally:
        server.kill()


@contextmanager
def renameat2(monkeypatch: pytest.MonkeyPatch, found: Callable[[], Any]) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setattr("cartage.warehouses.files.transport.folder._renameat2", found)
        yield


@pytest.mark.parametrize("has_it", [True, False])
def test_a_file_system_that_cannot_refuse_to_overwrite_is_looked_at_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_it: bool
) -> None:
    import ctypes
    import errno

    def cannot(*arguments: object) -> int:
        ctypes.set_errno(errno.EINVAL)  # as NFS does
        return -1

    for folder in ("in", "staging"):
        (tmp_path / folder).mkdir()
    box = Outbox(FolderTransport(str(tmp_path)), transfer(staging="staging"))
    with renameat2(monkeypatch, lambda: cannot if has_it else None):
        box.stage(DOCUMENT)
        assert box.publish(DOCUMENT) is SubmitOutcome.ACCEPTED
        (tmp_path / "in" / DOCUMENT.name).write_bytes(b"theirs")
        box.stage(DOCUMENT)
        with pytest.raises(RemoteError, match="other content"):
            box.publish(DOCUMENT)
        found = [
            finding for finding in try_staging(FolderTransport(str(tmp_path)), transfer()) if finding.warns
        ]
    assert (tmp_path / "in" / DOCUMENT.name).read_bytes() == b"theirs"
    assert [finding.thing for finding in found] == ["rename"]


def test_a_folder_that_is_not_mounted_is_no_empty_folder(tmp_path: Path) -> None:
    transport = FolderTransport(str(tmp_path / "mnt"))
    for work in (
        lambda: transport.look("in/ord_1.csv"),
        lambda: transport.has_folder("in"),
        lambda: transport.scan("out", list),
        lambda: Outbox(transport, transfer()).withdraw(DOCUMENT),
    ):
        with pytest.raises(RemoteUnavailable, match=r"the folder is not there.*Mount it"):
            work()


def test_paths_stay_within_the_mounted_folder(tmp_path: Path) -> None:
    (tmp_path / "mnt" / "in").mkdir(parents=True)
    (tmp_path / "secret").write_bytes(b"secret")
    transport = FolderTransport(str(tmp_path / "mnt"))
    assert transport.has_folder("/in")
    with pytest.raises(NotFound, match="outside the mounted folder"):
        transport.read("../secret", 10)
    inbox = Inbox(transport, transfer())
    with pytest.raises(NotFound, match="outside"):
        inbox.put_away(InboundDocument("../secret", b"secret"))
