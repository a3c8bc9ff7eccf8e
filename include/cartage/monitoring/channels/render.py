"""Render an alert as e-mail text, as JSON for a Slack-compatible webhook, and as JSON in Cartage's own format.

Each format escapes all values as its receiver needs it. Slack's rules: escape `&`, `<` and `>`, which also disables
`<!channel>` and forged links; a section holds 3000 characters, a field 2000, and a section at most ten fields.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlsplit

from cartage.monitoring.channels.alert import Alert, AlertState

_SUBJECT = 150
_SECTION = 2900
_FIELD = 1900
_FIELDS = 10
_LINK_TEXTS = {"Log": "Open the log"}
_PREFIXES = {AlertState.OPENED: "", AlertState.ONGOING: "ONGOING: ", AlertState.RESOLVED: "RESOLVED: "}
# Keep an address's own punctuation, but percent-encode what would end a Slack link (`|`, `>`).
_LINK_SAFE = ":/?#[]@!$&'()*+,;=%~-._"


def subject(alert: Alert) -> str:
    """Return the e-mail subject in one line: `[cartage demo] import_orders: title`."""
    return _short(f"[cartage {_line(alert.lane)}] {_line(alert.stage)}: {_title(alert)}", _SUBJECT)


def alert_text(alert: Alert) -> str:
    """Return the whole alert as plain text."""
    parts = [_title(alert), f"Lane: {alert.lane}\nStage: {alert.stage}"]
    if alert.facts:
        parts.append("\n".join(f"{_line(name)}: {_line(str(value))}" for name, value in alert.facts.items()))
    parts += [f"{heading}: {text}" for heading, text in _explanations(alert)]
    if links := _links(alert):
        parts.append("\n".join(f"{_line(name)}: {address}" for name, address in links.items()))
    if alert.runbook:
        parts.append(f"Runbook: {_line(alert.runbook)}")
    return "\n\n".join(part.strip() for part in parts) + "\n"


def slack_json(alert: Alert) -> dict[str, Any]:
    """Return the body for a Slack-compatible webhook: `blocks`, and `text` for receivers that read only that."""
    return {"text": _short(_escape(alert_text(alert)), _SECTION), "blocks": list(_blocks(alert))}


def slack_text(title: str, lines: Sequence[str], link: str = "") -> dict[str, Any]:
    """Return the body of a message for a Slack-compatible webhook: a title, lines of text, and an address to open."""
    blocks = [
        _section(f"*{_escape(_line(title))}*"),
        _section("\n".join(_escape(_line(line)) for line in lines)),
    ]
    addresses = {"Open": link} if link else {}
    blocks += [
        _section(f"<{_escape(address)}|Open the report>") for address in _addresses(addresses).values()
    ]
    text = "\n".join(_escape(_line(line)) for line in (title, *lines))
    return {"text": _short(text, _SECTION), "blocks": blocks}


def alert_document(alert: Alert) -> dict[str, Any]:
    """Return the body for an HTTP endpoint. docs/alerts.md documents it; within a version, fields are only added."""
    return {
        "source": "cartage",
        "version": 1,
        "id": alert.id,
        "state": alert.state.value,
        "kind": alert.kind,
        "lane": alert.lane,
        "stage": alert.stage,
        "title": alert.title,
        "meaning": alert.what_it_means,
        "fix": alert.fix,
        "facts": dict(alert.facts),
        "links": _links(alert),
        "runbook": alert.runbook,
    }


def _explanations(alert: Alert) -> Iterator[tuple[str, str]]:
    """Yield what it means and what to do, with their headings; a resolved alert needs neither."""
    if alert.state is AlertState.RESOLVED:
        return
    if alert.what_it_means:
        yield "What it means", alert.what_it_means
    if alert.fix:
        yield "What to do", alert.fix


def _title(alert: Alert) -> str:
    return _PREFIXES[alert.state] + _line(alert.title)


def _blocks(alert: Alert) -> Iterator[dict[str, Any]]:
    yield _section(f"*{_escape(_title(alert))}*")
    named = {"Lane": alert.lane, "Stage": alert.stage, **alert.facts}
    fields = [_field(name, value) for name, value in named.items()]
    yield from (
        {"type": "section", "fields": fields[start : start + _FIELDS]}
        for start in range(0, len(fields), _FIELDS)
    )
    for heading, text in _explanations(alert):
        yield _section(f"*{heading}*\n{_escape(text)}")
    for name, address in _links(alert).items():
        yield _section(f"<{_escape(address)}|{_LINK_TEXTS.get(name, _escape(_line(name)))}>")
    if alert.runbook:
        yield _section(f"Runbook: {_escape(_line(alert.runbook))}")


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": _short(text, _SECTION)}}


def _field(name: str, value: str | int) -> dict[str, str]:
    text = f"*{_escape(_line(name))}*\n{_escape(_line(str(value)))}"
    return {"type": "mrkdwn", "text": _short(text, _FIELD)}


def _links(alert: Alert) -> dict[str, str]:
    """Return all links by name, the log first. Anything but an http or https address is left out."""
    return _addresses({"Log": alert.link, **alert.links})


def _addresses(named: Mapping[str, str]) -> dict[str, str]:
    return {
        name: quote(address, safe=_LINK_SAFE)
        for name, address in named.items()
        if urlsplit(address).scheme in {"http", "https"}
    }


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _line(text: str) -> str:
    """Return the text as one printable line: a line break in a subject would start another header."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _short(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
