"""Behind a proxy and a private certificate authority: by the connection, or by the environment.

The remotes have names that only the proxy knows, and certificates that only the private authority signs.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
import trustme

from cartage.connections import Connection
from cartage.deadlines import deadline
from cartage.errors import CartageError, NotSent, PermissionDenied, SettingsError
from cartage.http import HttpSession, Timeouts
from cartage.lanes.settings.alerts import HttpAlerts, WebhookAlerts
from cartage.monitoring import Alert
from cartage.monitoring.channels.endpoint import EndpointChannel
from cartage.monitoring.channels.webhook import WebhookChannel
from cartage.network import CA_VARIABLES, Network
from cartage.storefront import StoreCredentials, open_store
from cartage.warehouses.registry import open_warehouse
from cartage_sandbox.extensiv import DEFAULT_CREDENTIAL
from cartage_sandbox.stack.shop import Shop
from cartage_sandbox.threedcart import TOKEN
from tests.contract.http.wires import Proxy, TlsFront, serving

VARIABLES = (
    *CA_VARIABLES,
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
)
STORE, WAREHOUSE, HOOK = "store.internal", "warehouse.internal", "hooks.internal"
SECRET = "proxy-user:proxy-passw0rd"
ALERT = Alert("demo", "import_orders", "Nothing imported", "Orders wait.", "Check.")


class Receiver(ThreadingHTTPServer):
    """Keeps what it receives: the path and the Authorization header."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _ReceiverHandler)
        self.seen: list[tuple[str, str]] = []


class _ReceiverHandler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.seen.append((self.path, self.headers.get("Authorization", "")))
        self.send_response(204)
        self.end_headers()

    do_PUT = do_POST  # noqa: N815 (the library's name)

    def log_message(self, *_: object) -> None:
        pass


@dataclass
class Office:
    """A network with a proxy, a private certificate authority, and the remotes behind them."""

    shop: Shop
    receiver: Receiver
    proxy: Proxy
    authority: trustme.CA
    ca: Path
    other_ca: Path
    client_cert: Path


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("office")
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(STORE, WAREHOUSE, HOOK).configure_cert(context)
    ca, other, mine = folder / "ca.pem", folder / "other.pem", folder / "mine.pem"
    authority.cert_pem.write_to_path(str(ca))
    trustme.CA().cert_pem.write_to_path(str(other))
    authority.issue_cert("cartage@internal").private_key_and_cert_chain_pem.write_to_path(str(mine))
    with ExitStack() as stack:
        shop = stack.enter_context(Shop(store_rules={"throttle": False}))
        receiver, proxy = Receiver(), Proxy()
        for server in (receiver, proxy):
            stack.enter_context(serving(server))
        for host, port in (
            (STORE, urlsplit(shop.store_url).port),
            (WAREHOUSE, urlsplit(shop.warehouse_url).port),
            (HOOK, receiver.server_port),
        ):
            front = TlsFront(context, int(port or 0))
            stack.enter_context(serving(front))
            proxy.targets[host] = front.port
        yield Office(shop, receiver, proxy, authority, ca, other, mine)


@pytest.fixture
def office(network: Office, monkeypatch: pytest.MonkeyPatch) -> Office:
    """The network, with an environment that says nothing about it."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    network.proxy.seen.clear()
    network.receiver.seen.clear()
    network.proxy.login = ""
    return network


class Only:
    """A resolver that knows one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, connection_id: str) -> Connection:
        return self._connection


def read_store(office: Office, extra: Mapping[str, Any]) -> None:
    keys = office.shop.store.credentials
    own = {"secure_url": keys.secure_url, "private_key": keys.private_key, "token": TOKEN}
    connection = Connection("threedcart_demo", f"https://{STORE}", extra={**own, **extra})
    store = open_store(
        StoreCredentials.from_connection(connection), zone=ZoneInfo("UTC"), timeouts=Timeouts(2, 5)
    )
    assert store.order_statuses()
    store.close()


def read_warehouse(office: Office, extra: Mapping[str, Any]) -> None:
    key = DEFAULT_CREDENTIAL
    own = {"user_login": key.user_login, "tpl_secret": key.tpl}
    connection = Connection(
        "extensiv_demo", f"https://{WAREHOUSE}", key.client_id, key.client_secret, extra={**own, **extra}
    )
    warehouse = open_warehouse("extensiv", connection, {"customer_id": 12, "facility_id": 1})
    checked = warehouse.check()
    warehouse.close()
    assert checked.ok, checked.text


def post_webhook(office: Office, extra: Mapping[str, Any]) -> None:
    connection = Connection("hook", f"https://{HOOK}", password="T0/secret-path", extra=extra)
    WebhookChannel(WebhookAlerts(connection="hook"), Only(connection)).deliver(ALERT)
    assert [path for path, _ in office.receiver.seen] == ["/T0/secret-path"]


def post_endpoint(office: Office, extra: Mapping[str, Any]) -> None:
    connection = Connection("hook", f"https://{HOOK}", extra=extra)
    EndpointChannel(HttpAlerts(connection="hook"), Only(connection)).deliver(ALERT)
    assert len(office.receiver.seen) == 1


Use = Callable[[Office, Mapping[str, Any]], None]
USES = pytest.mark.parametrize(
    "use", [read_store, read_warehouse, post_webhook, post_endpoint], ids=lambda use: use.__name__
)


@USES
def test_everything_works_behind_a_proxy_and_a_private_authority_set_by_the_connection(
    office: Office, use: Use
) -> None:
    office.proxy.login = SECRET
    use(office, {"proxy": office.proxy.url(SECRET), "verify": str(office.ca)})
    assert {line.partition(" ")[0] for line in office.proxy.seen} == {"CONNECT"}


@USES
@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"])
def test_everything_works_behind_a_proxy_and_a_private_authority_set_by_the_environment(
    office: Office, use: Use, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", office.proxy.url())
    monkeypatch.setenv(variable, str(office.ca))
    use(office, {})
    assert office.proxy.seen


@USES
def test_a_proxy_that_cannot_be_reached_is_named_with_its_setting_and_without_its_password(
    office: Office, use: Use
) -> None:
    with pytest.raises((CartageError, AssertionError)) as caught:
        use(office, {"proxy": f"http://{SECRET}@127.0.0.1:9", "verify": str(office.ca)})
    text = str(caught.value)
    assert "the proxy could not be reached" in text
    assert "Check the proxy 127.0.0.1:9, set by the extra proxy of the connection" in text
    assert "passw0rd" not in text


@USES
def test_a_certificate_of_a_private_authority_that_is_not_set_names_the_settings(
    office: Office, use: Use
) -> None:
    with pytest.raises((CartageError, AssertionError)) as caught:
        use(office, {"proxy": office.proxy.url(), "verify": str(office.other_ca)})
    text = str(caught.value)
    assert "the TLS certificate was not accepted" in text
    assert f"those of {office.other_ca}, set by the extra verify of the connection" in text
    assert "REQUESTS_CA_BUNDLE" in text


def session(office: Office, scheme: str = "https", **extra: Any) -> HttpSession:
    """Return a session with the receiver, which makes one attempt."""
    network = Network.from_connection(Connection("hook", extra={"verify": str(office.ca), **extra}))
    return HttpSession(
        f"{scheme}://{HOOK}", remote="the remote", network=network, timeouts=Timeouts(2, 5), tries=1
    )


@pytest.fixture
def plain(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reach the receiver without TLS: the proxy forwards."""
    monkeypatch.setitem(office.proxy.targets, HOOK, office.receiver.server_port)


@pytest.mark.usefixtures("plain")
def test_a_proxy_forwards_calls_without_tls(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", office.proxy.place)  # without a scheme, as people write it
    session(office, "http").call("POST", "/a", safe=True)
    assert office.proxy.seen == [f"POST http://{HOOK}/a"]


@pytest.mark.usefixtures("plain")
@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("login", ["", "me:wrong"])
def test_a_proxy_that_refuses_the_credentials_says_so_and_no_order_is_blocked_for_it(
    office: Office, scheme: str, login: str
) -> None:
    office.proxy.login = SECRET
    with pytest.raises((PermissionDenied, NotSent)) as caught:
        session(office, scheme, proxy=office.proxy.url(login)).call("POST", "/a", safe=False)
    text = str(caught.value)
    assert "proxy" in text
    assert "407" in text
    assert "wrong" not in text
    assert office.receiver.seen == []


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_write_that_is_late_does_not_leave_through_a_proxy_either(
    office: Office, scheme: str, request: pytest.FixtureRequest
) -> None:
    """The pools behind a proxy are others than the direct ones, and checked no deadline."""
    if scheme == "http":
        request.getfixturevalue("plain")
    http = session(office, scheme, proxy=office.proxy.url())
    with deadline(http.timeouts.read), pytest.raises(NotSent, match="deadline"):
        http.call("PUT", "/late", safe=False, json={"a": 1})
    assert office.receiver.seen == []
    assert not [line for line in office.proxy.seen if line.startswith("PUT")]
    with deadline(2 * http.timeouts.read):
        http.call("PUT", "/in-time", safe=False, json={"a": 1})
    assert [path for path, _ in office.receiver.seen] == ["/in-time"]


def test_netrc_is_never_read(office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text(f"machine {HOOK} login netrc password netrc\ndefault login netrc password netrc\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTPS_PROXY", office.proxy.url())
    http = session(office)
    http.call("POST", "/bare", safe=True)
    http.call("POST", "/own", safe=True, headers={"Authorization": "Bearer ours"})
    assert office.receiver.seen == [("/bare", ""), ("/own", "Bearer ours")]


def test_a_remote_may_ask_for_a_client_certificate(office: Office) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    office.authority.issue_cert("127.0.0.1").configure_cert(context)
    office.authority.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    front = TlsFront(context, office.receiver.server_port)
    with serving(front):
        for cert, works in (
            ([], False),
            (str(office.client_cert), True),
            ([str(office.client_cert)] * 2, True),
        ):
            extra = {"verify": str(office.ca), "cert": cert}
            network = Network.from_connection(Connection("hook", extra=extra))
            http = HttpSession(
                f"https://127.0.0.1:{front.port}", remote="the remote", network=network, tries=1
            )
            if works:
                http.call("POST", "/a", safe=True)
            else:
                with pytest.raises(CartageError):
                    http.call("POST", "/a", safe=True)
            http.close()
    assert len(office.receiver.seen) == 2


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        (
            "REQUESTS_CA_BUNDLE",
            "/no/such.pem",
            "the environment variable REQUESTS_CA_BUNDLE: there is no file",
        ),
        ("SSL_CERT_FILE", __file__, "the environment variable SSL_CERT_FILE"),
        ("HTTPS_PROXY", "socks5://127.0.0.1:1080", "the environment variable HTTPS_PROXY: socks5 proxies"),
        ("ALL_PROXY", "http://", "the environment variable ALL_PROXY: is no address"),
    ],
)
def test_a_setting_of_the_environment_that_cannot_be_used_is_named(
    office: Office, name: str, value: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=text):
        HttpSession(f"https://{HOOK}", remote="the remote")
