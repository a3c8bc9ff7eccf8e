"""Logins and host keys before real SSH servers: what is accepted, and what an error tells people to do."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import Any

import asyncssh
import paramiko
import pytest

from cartage.connections import Connection
from cartage.errors import AuthFailed, NotSent, RemoteError, SettingsError
from cartage.warehouses.files.transport import Transport, open_transport
from cartage_sandbox.files import DEFAULT_ACCOUNT, FileWarehouse
from cartage_sandbox.kernel import Fault
from tests.contract.warehouses.files.stands import connection_to, transfer


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder without anything in it."""
    (tmp_path / "home" / ".ssh").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    return tmp_path / "home"


@contextmanager
def opened(connection: Connection) -> Iterator[Transport]:
    with open_transport(transfer(), connection) as transport:
        assert transport.has_folder("in")
        yield transport


def failure_of(connection: Connection) -> RemoteError:
    with open_transport(transfer(), connection) as transport, pytest.raises(RemoteError) as caught:
        transport.look("in")
    return caught.value


def extras(warehouse: FileWarehouse, **changes: Any) -> dict[str, Any]:
    found = {"host_key": warehouse.sftp.host_key, "cmd_timeout": 10, **changes}
    return {name: value for name, value in found.items() if value is not None}


def fingerprint(key: str) -> str:
    return asyncssh.import_public_key(key).get_fingerprint()


def key_of(login: FileWarehouse, kind: str, passphrase: str | None = None, form: str = "openssh") -> str:
    """A private key that opens the default account."""
    key = asyncssh.generate_private_key(kind)
    public = key.export_public_key().decode()
    login.premises.add_account(replace(DEFAULT_ACCOUNT, public_keys=(public,)))
    return key.export_private_key(form, passphrase=passphrase).decode()


def test_a_password_opens_the_account(warehouse: FileWarehouse) -> None:
    with opened(connection_to(warehouse)):
        pass


@pytest.mark.parametrize("kind", ["ssh-ed25519", "ecdsa-sha2-nistp256", "ssh-rsa"])
def test_a_private_key_opens_the_account(warehouse: FileWarehouse, kind: str) -> None:
    key = key_of(warehouse, kind)
    with opened(connection_to(warehouse, password="", extra=extras(warehouse, private_key=key))):
        pass


def test_an_encrypted_key_needs_its_passphrase(warehouse: FileWarehouse, tmp_path: Path) -> None:
    key = key_of(warehouse, "ssh-ed25519", "open sesame")
    file = tmp_path / "key"
    file.write_text(key)
    for changes in ({"private_key": key}, {"key_file": str(file)}):
        with_passphrase = extras(warehouse, **changes, private_key_passphrase="open sesame")
        with opened(connection_to(warehouse, password="", extra=with_passphrase)):
            pass
    with pytest.raises(SettingsError, match="private_key: it is encrypted; set private_key_passphrase"):
        open_transport(transfer(), connection_to(warehouse, extra=extras(warehouse, private_key=key)))
    wrong = connection_to(warehouse, extra=extras(warehouse, private_key=key, private_key_passphrase="wrong"))
    with pytest.raises(SettingsError, match="private_key: cannot be read; with this passphrase"):
        open_transport(transfer(), wrong)
    with pytest.raises(SettingsError, match="key_file: it is encrypted; set private_key_passphrase"):
        open_transport(transfer(), connection_to(warehouse, extra=extras(warehouse, key_file=str(file))))


@pytest.mark.parametrize("form", ["openssh", "pkcs1-pem", "pkcs8-pem"])
@pytest.mark.parametrize("kind", ["ecdsa-sha2-nistp256", "ssh-rsa"])
def test_keys_are_read_in_every_common_form(warehouse: FileWarehouse, kind: str, form: str) -> None:
    for _ in range(1 if kind == "ssh-rsa" else 10):  # paramiko alone reads every second ECDSA key
        key = key_of(warehouse, kind, form=form).strip()
        with opened(connection_to(warehouse, password="", extra=extras(warehouse, private_key=key))):
            pass


@pytest.mark.parametrize("key", ["nonsense", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"])
def test_a_key_that_cannot_be_read_is_a_mistake_of_the_settings(
    warehouse: FileWarehouse, tmp_path: Path, key: str
) -> None:
    file = tmp_path / "key"
    file.write_text(key)
    damaged = connection_to(warehouse, extra=extras(warehouse, key_file=str(file)))
    with pytest.raises(SettingsError, match="key_file: cannot be read; write the whole key"):
        open_transport(transfer(), damaged)
    missing = connection_to(warehouse, extra=extras(warehouse, key_file=str(tmp_path / "none")))
    with pytest.raises(SettingsError, match=r"key_file: the file .*/none cannot be read on this machine"):
        open_transport(transfer(), missing)


def test_a_wrong_login_names_the_connection_and_shows_no_secret(
    warehouse: FileWarehouse, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    failure = failure_of(connection_to(warehouse, password="secret-and-wrong"))
    assert isinstance(failure, AuthFailed)
    assert "the login was not accepted" in str(failure)
    assert "connection 'wh'" in failure.fix
    assert caplog.records != []
    assert "secret-and-wrong" not in f"{failure}{caplog.text}"


def test_a_login_that_the_server_does_not_take_names_those_that_it_takes(
    warehouse: FileWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(door: object) -> bool:
        return False

    monkeypatch.setattr("cartage_sandbox.files.sftp.server._Door.password_auth_supported", never)
    failure = failure_of(connection_to(warehouse))
    assert isinstance(failure, AuthFailed)
    assert "the server takes publickey" in failure.what


@pytest.mark.parametrize("kind", ["reset", "close"])
def test_a_connection_that_is_cut_during_the_login_may_be_tried_again(
    warehouse: FileWarehouse, kind: str
) -> None:
    warehouse.faults.add(Fault.parse({"route": "CONNECT", "kind": kind, "nth": 0}))
    assert isinstance(failure_of(connection_to(warehouse)), NotSent)


def test_an_unknown_host_key_is_shown_with_its_fingerprint_and_the_fix(warehouse: FileWarehouse) -> None:
    key = warehouse.sftp.host_key
    failure = failure_of(connection_to(warehouse, extra={}))
    assert isinstance(failure, AuthFailed)
    assert f"its host key is not known: ssh-ed25519 {fingerprint(key)}" in failure.what
    assert f"set the extra host_key of the connection 'wh' to '{key}'" in failure.fix


def test_a_changed_host_key_is_shown_with_both_fingerprints(warehouse: FileWarehouse) -> None:
    before = connection_to(warehouse)
    old, new = warehouse.sftp.host_key, warehouse.sftp.change_host_key()
    failure = failure_of(before)
    assert isinstance(failure, AuthFailed)
    assert f"shows ssh-ed25519 {fingerprint(new)}" in failure.what
    assert f"has ssh-ed25519 {fingerprint(old)}" in failure.what
    assert "somebody may be in between" in failure.fix
    both = connection_to(warehouse, extra=extras(warehouse, host_key=f"{old}\n{new}"))
    with opened(both):
        pass


def test_no_password_goes_to_a_server_with_an_unknown_key(warehouse: FileWarehouse) -> None:
    failure_of(connection_to(warehouse, extra={}))
    warehouse.sftp.change_host_key()
    seen: list[str] = []

    def note(login: str, password: str) -> bool:
        seen.append(password)
        return False

    warehouse.premises.accepts_password = note  # type: ignore[method-assign]
    failure_of(connection_to(warehouse, extra={}))
    assert seen == []


@pytest.mark.parametrize("hashed", [False, True])
@pytest.mark.parametrize("own_file", [False, True])
def test_a_known_hosts_file_is_used(
    warehouse: FileWarehouse, home: Path, tmp_path: Path, own_file: bool, hashed: bool
) -> None:
    name = f"[{warehouse.sftp.host}]:{warehouse.sftp.port}"
    name = paramiko.HostKeys.hash_host(name) if hashed else name
    file = tmp_path / "known" if own_file else home / ".ssh" / "known_hosts"
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()
    lines = ["# a comment", "damaged line", f"{name} {other}", f"{name} {warehouse.sftp.host_key}", ""]
    file.write_text("\n".join(lines))
    known = {"known_hosts": str(file)} if own_file else {}
    with opened(connection_to(warehouse, extra=extras(warehouse, host_key=None, **known))):
        pass


def test_the_extra_host_key_alone_counts_where_it_is_given(warehouse: FileWarehouse, home: Path) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    name = f"[{warehouse.sftp.host}]:{warehouse.sftp.port}"
    (home / ".ssh" / "known_hosts").write_text(f"{name} {other}")
    with opened(connection_to(warehouse)):
        pass


def test_the_base64_of_a_host_key_is_enough(warehouse: FileWarehouse) -> None:
    alone = warehouse.sftp.host_key.split()[1]
    with opened(connection_to(warehouse, extra=extras(warehouse, host_key=alone))):
        pass


@pytest.mark.parametrize("extra", ["no_host_key_check", "allow_host_key_change"])
def test_who_says_so_goes_without_the_check(warehouse: FileWarehouse, extra: str) -> None:
    with opened(connection_to(warehouse, extra={extra: "true"})):
        pass


def test_a_refused_connection_and_an_unknown_host_are_not_sent(warehouse: FileWarehouse) -> None:
    refused = connection_to(warehouse)
    warehouse.sftp.stop()
    failure = failure_of(refused)
    assert isinstance(failure, NotSent)
    assert "refused the connection" in failure.what
    failure = failure_of(replace(refused, host="no-such-host.invalid"))
    assert isinstance(failure, NotSent)
    assert "the host name is unknown" in failure.what


@contextmanager
def listening(talk: bytes) -> Iterator[int]:
    """A server that says this, and then nothing, to each connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        held: list[socket.socket] = []

        def accept() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                connection.sendall(talk)
                held.append(connection)

        thread = Thread(target=accept, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join(10)
        for connection in held:
            connection.close()


@pytest.mark.parametrize("talk", [b"", b"SSH-2.0-silent\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_a_server_that_is_silent_or_none_of_ssh_ends_in_time(talk: bytes) -> None:
    with listening(talk) as port:
        extra = {"conn_timeout": 0.5, "banner_timeout": 0.5, "auth_timeout": 0.5, "no_host_key_check": "true"}
        failure = failure_of(Connection("wh", "127.0.0.1", "me", "password", port, extra=extra))
    assert isinstance(failure, NotSent)


def test_a_server_without_sftp_is_named(warehouse: FileWarehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(channel: object, name: str) -> None:
        raise paramiko.SSHException("Channel closed.")

    monkeypatch.setattr(paramiko.Channel, "invoke_subsystem", refuse)
    failure = failure_of(connection_to(warehouse))
    assert isinstance(failure, NotSent)
    assert "offers no SFTP" in failure.what
    assert "whether the account may use SFTP" in failure.fix


def test_ciphers_and_disabled_algorithms_are_obeyed(warehouse: FileWarehouse) -> None:
    with opened(connection_to(warehouse, extra=extras(warehouse, ciphers=["aes256-ctr"]))):
        [session] = warehouse.sftp._connections
        assert session.get_extra_info("recv_cipher") == "aes256-ctr"
    with (
        open_transport(
            transfer(), connection_to(warehouse, extra=extras(warehouse, ciphers=["nonsense"]))
        ) as transport,
        pytest.raises(SettingsError, match="ciphers: unknown cipher; known are"),
    ):
        transport.look("in")
    nothing = {"keys": ["ssh-ed25519"]}
    failure = failure_of(connection_to(warehouse, extra=extras(warehouse, disabled_algorithms=nothing)))
    assert isinstance(failure, NotSent)
    assert "no algorithm in common" in failure.what


def test_a_proxy_command_of_the_workers_own_ssh_config_is_used(
    warehouse: FileWarehouse, home: Path, tmp_path: Path
) -> None:
    program = tmp_path / "proxy.py"
    used = tmp_path / "used"
    program.write_text(
        "import os, select, socket, sys\n"
        f"open({str(used)!r}, 'w').close()\n"
        "far = socket.create_connection((sys.argv[1], int(sys.argv[2])))\n"
        "while True:\n"
        "    for ready in select.select([0, far], [], [])[0]:\n"
        "        data = os.read(0, 65536) if ready == 0 else far.recv(65536)\n"
        "        if not data: sys.exit()\n"
        "        far.sendall(data) if ready == 0 else os.write(1, data)\n"
    )
    config = (
        f"Host {warehouse.sftp.host}\n  Port {warehouse.sftp.port}\n  ProxyCommand python3 {program} %h %p\n"
    )
    (home / ".ssh" / "config").write_text(config)
    with opened(connection_to(warehouse)):
        assert used.exists()
