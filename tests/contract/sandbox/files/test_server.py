"""The warehouse's SFTP server: rules, faults and control, with a plain client."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import asyncssh
import paramiko
import pytest
import requests

from cartage_sandbox.files import DEFAULT_ACCOUNT, CustomerAccount, create_file_warehouse
from tests.contract.sandbox.files.conftest import Visit


@pytest.fixture
def session(visit: Visit) -> paramiko.SFTPClient:
    return visit.session()


def put(session: paramiko.SFTPClient, path: str, content: bytes = b"content") -> None:
    with session.open(path, "wb") as file:
        file.write(content)


def test_a_customer_sees_the_own_folders_only(visit: Visit, session: paramiko.SFTPClient) -> None:
    visit.warehouse.premises.add_account(CustomerAccount("other", "password-of-other"))
    assert sorted(session.listdir("/")) == ["archive", "in", "out"]
    with pytest.raises(FileNotFoundError):
        session.listdir("/../other")


@pytest.mark.parametrize(("login", "password"), [("cartage", "wrong"), ("nobody", DEFAULT_ACCOUNT.password)])
def test_a_wrong_login_is_refused(visit: Visit, login: str, password: str) -> None:
    transport = paramiko.Transport((visit.warehouse.sftp.host, visit.warehouse.sftp.port))
    with pytest.raises(paramiko.AuthenticationException):
        transport.connect(username=login, password=password)
    transport.close()


@pytest.mark.parametrize("overwrites", [False, True])
def test_a_plain_rename_refuses_or_overwrites(
    visit: Visit, session: paramiko.SFTPClient, overwrites: bool
) -> None:
    visit.rule(rename_overwrites=overwrites)
    put(session, "in/a", b"new")
    put(session, "in/b", b"old")
    if overwrites:
        session.rename("in/a", "in/b")
    else:
        with pytest.raises(OSError, match="exists"):
            session.rename("in/a", "in/b")
    assert (visit.home / "in" / "b").read_bytes() == (b"new" if overwrites else b"old")


@pytest.mark.parametrize("offered", [True, False])
def test_posix_rename_is_offered_or_not(visit: Visit, session: paramiko.SFTPClient, offered: bool) -> None:
    visit.rule(posix_rename=offered)
    put(session, "in/a", b"new")
    put(session, "in/b", b"old")
    if offered:
        session.posix_rename("in/a", "in/b")
    else:
        with pytest.raises(OSError, match="not supported"):
            session.posix_rename("in/a", "in/b")
    assert (visit.home / "in" / "b").read_bytes() == (b"new" if offered else b"old")


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("kind", ["reset", "close"])
def test_a_connection_is_cut_before_or_after_the_effect(
    visit: Visit, session: paramiko.SFTPClient, kind: str, moment: str
) -> None:
    put(session, "in/a")
    visit.fault("RENAME /in/a", kind, moment=moment)
    with pytest.raises((paramiko.SSHException, EOFError, OSError)):
        session.rename("in/a", "in/b")
    assert visit.names("in") == (["b"] if moment == "after" else ["a"])
    [entry] = [entry for entry in visit.warehouse.journal.entries("request") if entry["method"] == "RENAME"]
    assert (entry["status"], entry["fault"]) == (None, f"{moment}:{kind}")
    assert visit.warehouse.journal.count("file.renamed") == (1 if moment == "after" else 0)


@pytest.mark.parametrize(
    ("status", "error", "text"),
    [
        (403, PermissionError, "denied"),
        (404, FileNotFoundError, "No such"),
        (507, OSError, "No space"),
        (500, OSError, "Fail"),
    ],
)
def test_the_server_refuses_on_demand(
    visit: Visit, session: paramiko.SFTPClient, status: int, error: type[OSError], text: str
) -> None:
    put(session, "in/a")
    visit.fault("RENAME", "status", status=status)
    with pytest.raises(error, match=text):
        session.rename("in/a", "in/b")
    session.rename("in/a", "in/b")


def test_faults_that_sftp_does_not_have_are_refused(visit: Visit) -> None:
    for fault in (
        {"kind": "truncate", "moment": "after"},
        {"kind": "garbage"},
        {"kind": "delay", "seconds": 1, "moment": "within"},
    ):
        assert "an SFTP request has only" in visit.refused("POST", "/faults", {"route": "READ", **fault})


def test_rights_in_the_archive(visit: Visit, session: paramiko.SFTPClient) -> None:
    visit.rule(moves_out_of_archive=False)
    put(session, "out/a")
    with pytest.raises(PermissionError):
        session.rename("out/a", "archive/a")
    assert visit.names("out") == ["a"]


def test_times_of_files_may_be_ahead(visit: Visit, session: paramiko.SFTPClient) -> None:
    put(session, "out/a")
    now = session.stat("out/a").st_mtime
    visit.rule(clock_ahead_seconds=3600.0)
    [listed] = session.listdir_attr("out")
    with session.open("out/a") as file:
        ahead = [session.stat("out/a").st_mtime, listed.st_mtime, file.stat().st_mtime]
    assert now is not None
    assert ahead == [now + 3600] * 3


def test_the_host_key_changes_for_new_connections(visit: Visit) -> None:
    def shown() -> str:
        transport = paramiko.Transport((visit.warehouse.sftp.host, visit.warehouse.sftp.port))
        transport.start_client(timeout=10)
        key = transport.get_remote_server_key()
        transport.close()
        return f"{key.get_name()} {key.get_base64()}"

    before = visit.control("GET", "/host_key")["host_key"]
    assert shown() == before
    after = visit.control("POST", "/host_key")["host_key"]
    assert after != before
    assert shown() == after


def test_open_connections_are_dropped(visit: Visit, session: paramiko.SFTPClient) -> None:
    assert visit.control("DELETE", "/connections") == {"dropped": 1}
    with pytest.raises((paramiko.SSHException, EOFError, OSError)):
        session.listdir("in")


def test_accounts_and_files_are_listed_without_secrets(visit: Visit) -> None:
    account = {"login": "edi", "password": "password-of-edi", "form": "x12", "envelope": {"sender": "OTHER"}}
    visit.control("POST", "/accounts", account)
    listed = visit.control("GET", "/accounts")
    assert [row["login"] for row in listed["accounts"]] == ["cartage", "edi"]
    assert "password-of-edi" not in str(listed)
    assert "is no plain name" in visit.refused("POST", "/accounts", {**account, "login": "../x"})
    visit.put("a.csv", "text")
    assert visit.control("GET", "/files?account=cartage") == {"files": ["in/a.csv"]}
    assert visit.control("GET", "/items") == {"items": {"MUG": 10, "TEA": 5}}


def test_a_key_opens_an_account(tmp_path: Path) -> None:
    key = asyncssh.generate_private_key("ssh-ed25519", comment="of a test")
    account = CustomerAccount("keys", "", public_keys=(key.export_public_key().decode(),))
    with create_file_warehouse(tmp_path, accounts=[account]).sftp as sftp:
        for opens, tried in ((True, key), (False, asyncssh.generate_private_key("ssh-ed25519"))):
            file = tmp_path / "key"
            file.write_bytes(tried.export_private_key())
            transport = paramiko.Transport((sftp.host, sftp.port))
            try:
                transport.connect(username="keys", pkey=paramiko.Ed25519Key.from_private_key_file(str(file)))
            except paramiko.AuthenticationException:
                assert not opens
            else:
                assert opens
            finally:
                transport.close()


def test_a_port_that_is_taken_is_an_error(tmp_path: Path, visit: Visit) -> None:
    second = create_file_warehouse(tmp_path / "second")
    second.sftp.port = visit.warehouse.sftp.port
    with pytest.raises(OSError, match="in use"):
        second.sftp.start()


def test_a_server_that_stops_leaves_its_port(tmp_path: Path) -> None:
    first = create_file_warehouse(tmp_path)
    with first.sftp as sftp:
        port = sftp.port
    with first.sftp:
        assert first.sftp.port == port


PROGRAM = [sys.executable, "-c", "from cartage_sandbox.cli import app; app()", "files"]


def test_the_command_line_serves_it_until_a_signal() -> None:
    command = [*PROGRAM, "--form", "plain", "--rule", "auto_work_seconds=0.1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            announced = json.loads(process.stdout.readline())
            transport = paramiko.Transport((announced["host"], announced["port"]))
            transport.connect(username=announced["login"], password=announced["password"])
            shown = transport.get_remote_server_key()
            assert announced["host_key"] == f"{shown.get_name()} {shown.get_base64()}"
            session = paramiko.SFTPClient.from_transport(transport)
            assert session is not None
            assert sorted(session.listdir()) == sorted(announced["folders"])
            transport.close()
            items = requests.get(f"{announced['url']}/_sandbox/items", timeout=30).json()["items"]
            assert len(items) > 100
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
        finally:
            process.kill()


@pytest.mark.parametrize("wrong", [["--form", "xml"], ["--rule", "nonsense=1"]])
def test_a_wrong_option_exits_with_1_and_says_why(wrong: list[str]) -> None:
    ended = subprocess.run([*PROGRAM, *wrong], capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert "The sandbox cannot start" in ended.stderr
    assert "Traceback" not in ended.stderr
