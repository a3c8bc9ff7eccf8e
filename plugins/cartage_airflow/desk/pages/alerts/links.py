"""Where an alert leads: to the desk's page on which it is mended, to its orders, to Airflow, to its runbook. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlencode, urlsplit

from cartage.model.states import State
from cartage.monitoring.kinds import AlertKind, runbook
from cartage.monitoring.repo.alerts import AlertRow

# Facts that name orders, by the reference or the store's number.
_NAMING = ("examples", "orders")


def _orders(state: State) -> Callable[[AlertRow], str]:
    return lambda alert: _page("orders", alert, state=state.value)


_PAGES: Mapping[str, tuple[Callable[[AlertRow], str], str]] = {
    AlertKind.CAUSE: (lambda alert: f"{_page('blocked', alert)}#cause-{alert.key}", "Mend it"),
    AlertKind.EXCEPTION: (lambda alert: _page("questions", alert), "Answer"),
    AlertKind.STUCK: (lambda alert: _page("orders", alert, state=alert.key), "Its orders"),
    AlertKind.NOT_IMPORTED: (lambda alert: _page("coverage", alert), "What fills the gap"),
    AlertKind.NOT_ACKNOWLEDGED: (_orders(State.READY), "Orders that are ready"),
    AlertKind.NOT_SHIPPED: (_orders(State.ACKNOWLEDGED), "Orders at the warehouse"),
    AlertKind.UNKNOWN: (_orders(State.UNKNOWN), "Its orders"),
    AlertKind.PUSH_PAUSED: (lambda alert: _page("stock", alert), "Answer"),
}


def desk_way(alert: AlertRow) -> tuple[str, str] | None:
    """The desk's page for it, and what to call that; None where the desk has none."""
    if alert.kind not in _PAGES:
        return None
    address, words = _PAGES[alert.kind]
    return address(alert), words


def order_ways(alert: AlertRow) -> list[tuple[str, str]]:
    """The orders that it names, each with its address."""
    named = [one.strip() for name in _NAMING for one in str(alert.facts.get(name, "")).split(",")]
    # "and 3 more" behind the last number.
    references = [one.partition(" ")[0] for one in named if one]
    return [(_page("orders", alert, q=reference), reference) for reference in references]


def outside_ways(alert: AlertRow) -> list[tuple[str, str]]:
    """Whole addresses that were given with it (the log, the DAG), and its runbook's; nothing but http and https."""
    given = {**alert.links, "Runbook": runbook(alert.kind)}
    return [
        (address, name) for name, address in given.items() if urlsplit(address).scheme in {"http", "https"}
    ]


def _page(name: str, alert: AlertRow, **query: str) -> str:
    return f"{name}?{urlencode({'lane': alert.lane, **query})}"
