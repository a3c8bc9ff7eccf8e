"""Where an alert leads: to the page of the desk that fixes it, its orders, Airflow and its runbook. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlencode, urlsplit

from cartage.model.states import State
from cartage.monitoring.kinds import AlertKind, runbook
from cartage.monitoring.repo.alerts import AlertRow

# Facts that name orders, by reference or by the store's number.
_ORDER_FACTS = ("examples", "orders")
# The examples of these are files, or SKUs as well as orders.
_NOT_ORDERS = frozenset({AlertKind.FILES_LEFT, AlertKind.NO_RESPONSE, AlertKind.DIFFERENCES})


def _orders(state: State) -> Callable[[AlertRow], str]:
    return lambda alert: _page("orders", alert, state=state.value)


_PAGES: Mapping[str, tuple[Callable[[AlertRow], str], str]] = {
    AlertKind.STUCK: (lambda alert: _page("orders", alert, state=alert.key), "Show the orders"),
    AlertKind.NOT_IMPORTED: (lambda alert: _page("coverage", alert), "Fill the gap"),
    AlertKind.NOT_ACKNOWLEDGED: (_orders(State.READY), "Show ready orders"),
    AlertKind.NOT_SHIPPED: (_orders(State.ACKNOWLEDGED), "Show orders at the warehouse"),
    AlertKind.UNKNOWN: (_orders(State.UNKNOWN), "Show the orders"),
    AlertKind.NOT_CONFIRMED: (_orders(State.ACKNOWLEDGED), "Show orders at the warehouse"),
    AlertKind.FILES_LEFT: (lambda alert: _page("files", alert), "Show the files"),
    AlertKind.DIFFERENCES: (lambda alert: _page("differences", alert), "Fix or ignore"),
}


def fix_link(alert: AlertRow) -> tuple[str, str] | None:
    """Return address and text of the desk's page for the alert; None if the desk has none."""
    if alert.kind not in _PAGES:
        return None
    address, text = _PAGES[alert.kind]
    return address(alert), text


def order_links(alert: AlertRow) -> list[tuple[str, str]]:
    """Return address and reference of each order that the alert names."""
    if alert.kind in _NOT_ORDERS:
        return []
    named = [name.strip() for fact in _ORDER_FACTS for name in str(alert.facts.get(fact, "")).split(",")]
    # The last one may be followed by "and 3 more".
    references = [name.partition(" ")[0] for name in named if name]
    return [(_page("orders", alert, q=reference), reference) for reference in references]


def outside_links(alert: AlertRow) -> list[tuple[str, str]]:
    """Return address and text of the alert's own links (log, DAG) and of its runbook; only http and https."""
    links = {**alert.links, "Runbook": runbook(alert.kind)}
    return [
        (address, text) for text, address in links.items() if urlsplit(address).scheme in {"http", "https"}
    ]


def _page(name: str, alert: AlertRow, **query: str) -> str:
    return f"{name}?{urlencode({'lane': alert.lane, **query})}"
