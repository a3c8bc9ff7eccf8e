"""How a remote is reached: through which proxy, with whose certificates, and with which client certificate.

The connection's extras decide first, in the words of Airflow's HTTP connection (`proxy`, `verify`, `cert`), then the
environment, in the words of curl, `requests` and OpenSSL. `~/.netrc` is never read: it could replace our credentials.
"""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cartage.connections import Connection, ConnectionField, named
from cartage.errors import SettingsError
from cartage.errors.table import FailureRule, exception_names

# Says that a connection uses no proxy, whatever the environment says.
NO_PROXY_AT_ALL = "none"
NETWORK_FIELDS: tuple[ConnectionField, ...] = (
    ConnectionField(
        "extra.proxy",
        "Proxy",
        "Address of an HTTP proxy, e.g. http://user:password@proxy.example.com:3128; none: no proxy. "
        "Empty: HTTPS_PROXY, HTTP_PROXY and NO_PROXY of the environment.",
        secret=True,
        required=False,
    ),
    ConnectionField(
        "extra.verify",
        "CA certificates",
        "Path of a file (PEM) or folder with the certificates of your certificate authority. "
        "Empty: REQUESTS_CA_BUNDLE or SSL_CERT_FILE of the environment, else the public authorities.",
        required=False,
    ),
    ConnectionField(
        "extra.cert",
        "Client certificate",
        "Path of a file (PEM) with certificate and key, for a remote that asks for one.",
        required=False,
    ),
)
# In their order; an empty variable counts as absent.
CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
# What a proxy for https responded to CONNECT.
_TUNNEL = re.compile(r"Tunnel connection failed: (\d{3}[\w -]{0,40})")
_NO_CONNECTION = frozenset({"NameResolutionError", "NewConnectionError", "ConnectTimeout"})


@dataclass(frozen=True, slots=True)
class Network:
    """A connection's own settings; what is empty comes from the environment. `repr` shows no proxy: it has a password.

    `proxies` are proxies by scheme, as Airflow's HTTP connection may have them.
    """

    connection_id: str = ""
    proxy: str = field(default="", repr=False)
    proxies: Mapping[str, str] = field(default_factory=dict, repr=False)
    verify: str = ""
    cert: tuple[str, ...] = ()

    @classmethod
    def from_connection(cls, connection: Connection) -> Network:
        """Read a connection. Files are looked for on the machine that makes the calls, by `route`.

        Raises:
            SettingsError: if one of its settings cannot be used.
        """
        network, mistakes = cls.read(connection)
        if mistakes:
            raise SettingsError(named(connection.id), [f"  {line}" for line in mistakes])
        return network

    @classmethod
    def read(cls, connection: Connection) -> tuple[Network, list[str]]:
        """Read a connection. Also return what is wrong with it, for a list of all its mistakes."""
        extra = connection.extra
        proxies = extra.get("proxies")
        cert = extra.get("cert")
        verify = _text(extra.get("verify"))
        network = cls(
            connection_id=connection.id,
            proxy=_text(extra.get("proxy")),
            proxies={str(name): _text(value) for name, value in proxies.items()}
            if isinstance(proxies, Mapping)
            else {},
            verify="" if verify.casefold() == "true" else verify,
            cert=tuple(_text(item) for item in (cert if isinstance(cert, list) else [cert]) if _text(item)),
        )
        return network, network._mistakes()

    def route(self, url: str) -> Route:
        """Return how to reach this address.

        Raises:
            SettingsError: if the environment names a proxy that cannot be used, or a file cannot be used here.
        """
        proxy, proxy_from = self._proxy_for(url)
        tls = urlsplit(url).scheme == "https"
        ca, ca_from = self._authorities() if tls else ("", "")
        mistakes = {
            proxy_from: _proxy_mistake(proxy) if proxy else "",
            ca_from: _ca_mistake(ca) if ca else "",
            f"the extra cert of the connection {self.connection_id!r}": _cert_mistake(self.cert)
            if self.cert
            else "",
        }
        if lines := [f"  {source}: {mistake}" for source, mistake in mistakes.items() if mistake]:
            raise SettingsError(f"the network of {urlsplit(url).hostname}", lines)
        return Route(self.connection_id, _with_scheme(proxy), proxy_from, ca, ca_from, self.cert)

    def _proxy_for(self, url: str) -> tuple[str, str]:
        scheme = urlsplit(url).scheme
        own = self.proxy or self.proxies.get(scheme, "") or self.proxies.get("all", "")
        if own:
            source = (
                f"the extra {'proxy' if self.proxy else 'proxies'} of the connection {self.connection_id!r}"
            )
            return ("", "") if own.casefold() == NO_PROXY_AT_ALL else (own, source)
        return _environment_proxy(url)

    def _authorities(self) -> tuple[str, str]:
        if self.verify:
            return self.verify, f"the extra verify of the connection {self.connection_id!r}"
        for name in CA_VARIABLES:
            if value := os.environ.get(name, "").strip():
                return value, f"the environment variable {name}"
        return "", ""

    def _mistakes(self) -> list[str]:
        found: list[str] = []
        for name, proxy in (
            ("proxy", self.proxy),
            *((f"proxies.{key}", at) for key, at in self.proxies.items()),
        ):
            if proxy and proxy.casefold() != NO_PROXY_AT_ALL and (mistake := _proxy_mistake(proxy)):
                found.append(f"Proxy ({name}): {mistake}")
        if self.verify.casefold() == "false":
            found.append(
                "CA certificates (verify): false would show your keys to anybody in between; "
                "give the path of your certificate authority's certificates instead."
            )
        if len(self.cert) > 2:
            found.append(
                "Client certificate (cert): give one path, or that of the certificate and that of its key."
            )
        return found


@dataclass(frozen=True, slots=True)
class Route:
    """How to reach one address, and where each part of it is set. `repr` shows no proxy: it has a password."""

    connection_id: str
    proxy: str = field(repr=False)
    proxy_from: str
    ca: str
    ca_from: str
    cert: tuple[str, ...]

    def apply(self, session: Any) -> None:
        """Make a session of `requests` take this route, and no other from the environment or `~/.netrc`."""
        session.trust_env = False
        session.proxies = {"http": self.proxy, "https": self.proxy} if self.proxy else {}
        session.verify = self.ca or True
        session.cert = (self.cert if len(self.cert) > 1 else self.cert[0]) if self.cert else None

    def explain(self, rule: FailureRule, failure: BaseException) -> FailureRule:
        """Return the rule of a failed call with the settings of this route in its fix, where they may be the reason.

        The text has no password.
        """
        names = exception_names(failure)
        if "ProxyError" in names:
            found = _TUNNEL.search(str(failure))
            what = f"the proxy refused the connection ({found[1].strip()})" if found else rule.what
            return replace(
                rule, what=what, fix=f"Check the proxy {_place(self.proxy)}, set by {self.proxy_from}."
            )
        if "SSLCertVerificationError" in names:
            accepted = f"those of {self.ca}, set by {self.ca_from}" if self.ca else "the public authorities"
            others = f"Accepted are {accepted}; others are set by {self._settings('verify', 'REQUESTS_CA_BUNDLE')}."
            return replace(rule, fix=f"{rule.fix} {others}")
        if not self.proxy and names & _NO_CONNECTION:
            hint = f"If this network needs a proxy, set {self._settings('proxy', 'HTTPS_PROXY')}."
            return replace(rule, fix=" ".join(filter(None, (rule.fix, _address_of(failure), hint))))
        return rule

    def _settings(self, extra: str, variable: str) -> str:
        """Return where a setting can be made: not in a connection that is kept nowhere yet."""
        return (
            f"the extra {extra} of the {named(self.connection_id)} or {variable}"
            if self.connection_id
            else variable
        )


def _environment_proxy(url: str) -> tuple[str, str]:
    """Return the environment's proxy for an address, and its variable. This machine itself needs none."""
    from requests.utils import get_environ_proxies, select_proxy

    if _is_this_machine(urlsplit(url).hostname or ""):
        return "", ""
    found = get_environ_proxies(url)
    scheme = urlsplit(url).scheme
    source = f"{scheme.upper()}_PROXY" if scheme in found else "ALL_PROXY"
    return select_proxy(url, found) or "", f"the environment variable {source}"


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _with_scheme(proxy: str) -> str:
    return proxy if not proxy or "://" in proxy else f"http://{proxy}"


def _proxy_mistake(proxy: str) -> str:
    no_address = "is no address; write for example http://proxy.example.com:3128."
    try:
        parts = urlsplit(_with_scheme(proxy))
        if not parts.hostname or parts.port == 0:
            return no_address
    except ValueError:
        return no_address
    if parts.scheme not in {"http", "https"}:
        return f"{parts.scheme} proxies are not supported; give the address of an HTTP proxy."
    return ""


def _ca_mistake(path: str) -> str:
    import ssl

    place = Path(path)
    if place.is_dir():
        return "" if any(place.iterdir()) else f"the folder {path} is empty."
    if not place.is_file():
        return f"there is no file {path} on this machine; every worker needs it."
    try:
        ssl.create_default_context(cafile=path)
    except (OSError, ValueError):
        return f"{path} has no certificate that can be read (PEM)."
    return ""


def _cert_mistake(cert: tuple[str, ...]) -> str:
    import ssl

    missing = [path for path in cert if not Path(path).is_file()]
    if missing:
        return f"there is no file {missing[0]} on this machine; every worker needs it."

    def refuse() -> str:
        raise ValueError

    try:
        ssl.create_default_context().load_cert_chain(cert[0], cert[-1], password=refuse)
    except (OSError, ValueError):
        return f"{' and '.join(cert)} must have a certificate and its key, which is not encrypted (PEM)."
    return ""


def _address_of(failure: BaseException) -> str:
    """Return a sentence with the host and port that a call could not reach; empty if the failure does not tell."""
    url = getattr(getattr(failure, "request", None), "url", None)
    return f"Its address is {_place(url)}." if url else ""


def _place(proxy: str) -> str:
    parts = urlsplit(proxy)
    return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()
