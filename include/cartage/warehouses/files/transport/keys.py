"""Keys: by which a server is known, what to say where it shows another one, and by which we log in."""

from __future__ import annotations

import base64
import binascii
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import paramiko
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    load_ssh_private_key,
)
from paramiko.hostkeys import HostKeyEntry, InvalidHostKey

from cartage.connections import named
from cartage.errors import AuthFailed, SettingsError
from cartage.warehouses.files.transport.access import PORT, SftpAccess

# paramiko misreads half of all ECDSA keys in OpenSSH's format, and knows no PKCS #8: it gets the form that it can read.
_FORMS = (
    (Ed25519PrivateKey, paramiko.Ed25519Key, PrivateFormat.OpenSSH),
    (EllipticCurvePrivateKey, paramiko.ECDSAKey, PrivateFormat.TraditionalOpenSSL),
    (RSAPrivateKey, paramiko.RSAKey, PrivateFormat.TraditionalOpenSSL),
)


def known_keys(access: SftpAccess) -> tuple[paramiko.PKey, ...]:
    """Return the keys by which the server is known: the connection's own, or those of its file, or the worker's.

    There may be several, also of one type, so that a server can change to a new one.

    Raises:
        SettingsError: if the connection's keys or file cannot be read.
    """
    if access.host_key:
        return tuple(_parsed(access, line) for line in access.host_key.splitlines() if line.strip())
    path = Path(access.known_hosts) if access.known_hosts else Path.home() / ".ssh" / "known_hosts"
    try:
        return tuple(_keys_of(_name(access), path.read_text(encoding="utf-8", errors="replace")))
    except OSError as failure:
        if not access.known_hosts:
            return ()
        raise _mistake(
            access, f"known_hosts: the file {path} cannot be read on this machine; every worker needs it."
        ) from failure


def login_key(access: SftpAccess) -> paramiko.PKey | None:
    """Return the private key of the connection, or of its file with the certificate beside it; None if it has neither.

    Raises:
        SettingsError: if it cannot be read.
    """
    if not access.key_file:
        return _private_key(access, "private_key", access.private_key) if access.private_key else None
    path = Path(access.key_file).expanduser()
    try:
        key = _private_key(access, "key_file", path.read_text(encoding="utf-8", errors="replace"))
    except OSError as failure:
        raise _mistake(
            access, f"key_file: the file {path} cannot be read on this machine; every worker needs it."
        ) from failure
    certificate = Path(f"{path}-cert.pub")
    if certificate.is_file():
        key.load_certificate(str(certificate))
    return key


def _private_key(access: SftpAccess, name: str, text: str) -> paramiko.PKey:
    # A form may have lost the last line end, without which some keys cannot be read.
    content, passphrase = f"{text.strip()}\n".encode(), access.passphrase.encode() or None
    load = load_ssh_private_key if b"BEGIN OPENSSH" in content else load_pem_private_key
    try:
        loaded = load(content, passphrase)
    except TypeError:
        if passphrase is None:
            raise _mistake(access, f"{name}: it is encrypted; set private_key_passphrase, too.") from None
        raise _mistake(access, f"{name}: it is not encrypted; remove private_key_passphrase.") from None
    except (ValueError, UnsupportedAlgorithm):
        advice = (
            "with this passphrase" if passphrase else "write the whole key, of the type Ed25519, ECDSA or RSA"
        )
        raise _mistake(access, f"{name}: cannot be read; {advice}.") from None
    for kind, readers_kind, form in _FORMS:
        if isinstance(loaded, kind):
            written_again = loaded.private_bytes(Encoding.PEM, form, NoEncryption()).decode()
            return readers_kind.from_private_key(io.StringIO(written_again))
    raise _mistake(access, f"{name}: keys of this type are not supported; use Ed25519, ECDSA or RSA.")


def _name(access: SftpAccess) -> str:
    """Return the server's name in a known_hosts file."""
    return access.host if access.port == PORT else f"[{access.host}]:{access.port}"


def _keys_of(server: str, text: str) -> Iterator[paramiko.PKey]:
    for line in text.splitlines():
        try:
            entry = HostKeyEntry.from_line(line.strip()) if line.strip() and line.strip()[0] != "#" else None
        except (InvalidHostKey, paramiko.SSHException):
            continue
        if entry is None:
            continue
        for host in entry.hostnames:
            single = paramiko.HostKeys()
            single.add(host, entry.key.get_name(), entry.key)
            if single.lookup(server):
                yield entry.key


def unknown_key(access: SftpAccess, shown: paramiko.PKey) -> AuthFailed:
    """Return the error of a server whose key is not known."""
    return AuthFailed(
        access.remote,
        "connect",
        f"its host key is not known: {described(shown)}",
        fix="Compare the fingerprint with the one that the warehouse gives you. If it is the same, set the extra "
        f"host_key of the {named(access.connection_id)} to {written(shown)!r}.",
    )


def other_key(access: SftpAccess, shown: paramiko.PKey, expected: Sequence[paramiko.PKey]) -> AuthFailed:
    """Return the error of a server that shows another key than the known one."""
    source = "the extra host_key" if access.host_key else access.known_hosts or "~/.ssh/known_hosts"
    kept = " or ".join(map(described, expected))
    return AuthFailed(
        access.remote,
        "connect",
        f"its host key has changed: it shows {described(shown)}, and {source} has {kept}",
        fix="Ask the warehouse whether it has a new key with this fingerprint; if not, somebody may be in between. If "
        f"so, set the extra host_key of the {named(access.connection_id)} to {written(shown)!r}.",
    )


def written(key: paramiko.PKey) -> str:
    """Return a key as the extra host_key has it."""
    return f"{key.get_name()} {key.get_base64()}"


def described(key: paramiko.PKey) -> str:
    """Return a key's type and fingerprint, which people compare."""
    return f"{key.get_name()} {key.fingerprint}"


def _parsed(access: SftpAccess, line: str) -> paramiko.PKey:
    """Return a key of the extra: `type base64`, or the base64 alone, which holds its type."""
    words = line.split()
    text = words[1] if len(words) > 1 else words[0]
    try:
        blob = base64.b64decode(text, validate=True)
        return paramiko.PKey.from_type_string(paramiko.Message(blob).get_text(), blob)
    except (
        binascii.Error,
        ValueError,
        paramiko.SSHException,
        paramiko.UnknownKeyType,
    ) as failure:
        raise _mistake(
            access,
            "host_key: cannot be read; write the type and the key as ssh-keyscan shows them: ssh-ed25519 AAAA...",
        ) from failure


def _mistake(access: SftpAccess, text: str) -> SettingsError:
    return SettingsError(f"{named(access.connection_id)} (SFTP)", [f"  {text}"])
