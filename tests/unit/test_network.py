"""Proxy, certificates and client certificate of a connection, with the environment's where it has none."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from cartage.connections import Connection
from cartage.errors import SettingsError
from cartage.errors.table import rule_for_exception
from cartage.network import CA_VARIABLES, NETWORK_FIELDS, Network, Route

URL = "https://apirest.3dcart.com"
PROXY = "http://me:passw0rd@proxy.example:3128"


@pytest.fixture(autouse=True)
def _nothing_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*(f"{kind}_PROXY" for kind in ("HTTP", "HTTPS", "ALL", "NO")), *CA_VARIABLES):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def network(**extra: Any) -> Network:
    return Network.from_connection(Connection("store", extra=extra))


def test_without_settings_calls_are_direct_and_the_public_authorities_count() -> None:
    route = network().route(URL)
    assert (route.proxy, route.ca, route.cert) == ("", "", ())


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_the_environment_names_the_proxy(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, PROXY)
    assert network().route(URL).proxy == PROXY
    assert network().route(URL).proxy_from == f"the environment variable {name.upper()}"


def test_the_connection_comes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://other.example:1")
    assert network(proxy=PROXY).route(URL).proxy == PROXY
    assert network(proxies={"https": PROXY}).route(URL).proxy == PROXY
    assert network(proxies={"http": PROXY}).route(URL).proxy == "http://other.example:1"
    assert network(proxy="none").route(URL).proxy == ""


@pytest.mark.parametrize(
    "bypass", ["apirest.3dcart.com", ".3dcart.com", "3dcart.com", "a.example, 3dcart.com", "*"]
)
def test_no_proxy_excludes_hosts(monkeypatch: pytest.MonkeyPatch, bypass: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", PROXY)
    monkeypatch.setenv("NO_PROXY", bypass)
    assert network().route(URL).proxy == ""
    assert network().route("https://secure-wms.com").proxy == ("" if bypass == "*" else PROXY)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080", "http://localhost:8080", "http://[::1]:8080"])
def test_this_machine_needs_no_proxy_of_the_environment(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("HTTP_PROXY", PROXY)
    assert network().route(url).proxy == ""
    assert network(proxy=PROXY).route(url).proxy == PROXY


@pytest.mark.parametrize(
    ("extra", "text"),
    [
        ({"proxy": "http://:3128"}, r"Proxy \(proxy\): is no address"),
        ({"proxy": "http://me:passw0rd@host:port"}, r"Proxy \(proxy\): is no address"),
        ({"proxy": "socks5://me:passw0rd@host:1080"}, r"Proxy \(proxy\): socks5 proxies are not supported"),
        ({"proxies": {"https": "ftp://me:passw0rd@host"}}, r"Proxy \(proxies.https\): ftp proxies"),
        ({"verify": False}, r"CA certificates \(verify\): false would show your keys"),
        ({"cert": ["a", "b", "c"]}, r"Client certificate \(cert\): give one path"),
    ],
)
def test_a_mistake_names_its_extra_and_shows_no_password(extra: dict[str, Any], text: str) -> None:
    with pytest.raises(SettingsError, match=text) as caught:
        network(**extra)
    assert "passw0rd" not in str(caught.value)
    assert "'store'" in str(caught.value)


@pytest.mark.parametrize(("name", "what"), [("verify", "extra verify"), ("cert", "extra cert")])
def test_a_file_that_this_machine_does_not_have_is_named_where_it_is_needed(name: str, what: str) -> None:
    found = network(**{name: "/no/such.pem"})
    with pytest.raises(
        SettingsError, match=f"the {what} of the connection 'store': there is no file /no/such.pem"
    ):
        found.route(URL)


@pytest.mark.parametrize("value", [True, "true", "True", "", None])
def test_verify_may_say_that_certificates_are_checked_as_always(value: object) -> None:
    assert network(verify=value).route(URL).ca == ""


def test_neither_repr_shows_the_proxys_password() -> None:
    found = network(proxy=PROXY, proxies={"https": PROXY})
    assert "passw0rd" not in repr(found) + repr(found.route(URL))


def test_the_proxy_is_a_secret_field_of_the_forms() -> None:
    assert {field.name: field.secret for field in NETWORK_FIELDS} == {
        "extra.proxy": True, "extra.verify": False, "extra.cert": False,
    }  # fmt: skip


def test_a_connection_that_is_refused_names_the_address_without_its_password() -> None:
    route = Route("amazon", "", "", "", "", ())
    session = requests.Session()
    route.apply(session)
    with pytest.raises(requests.ConnectionError) as failure:
        session.get("http://user:secret@127.0.0.1:1/auth/o2/token", timeout=5)
    explained = route.explain(rule_for_exception(failure.value, safe=True), failure.value)
    assert "Its address is 127.0.0.1:1. If this network needs a proxy, set" in explained.fix
    assert "secret" not in explained.fix
