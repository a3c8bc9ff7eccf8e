"""An alert as the text of an e-mail, as JSON for a Slack-compatible webhook, and as JSON of our own shape.

Everything that is given is escaped as its receiver needs it.

Slack's rules: `&`, `<` and `>` are escaped, which also takes the power from `<!channel>` and made-up links; a
section holds 3000 characters, a field 2000, and a section at most ten fields.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit

from cartage.monitoring.channels.alert import Alert, Moment

_SUBJECT = 150
_SECTION = 2900
_FIELD = 1900
_FIELDS = 10
_LINK_WORDS = {"Log": "Open the log"}
_BEFORE_TITLE = {Moment.OPENED: "", Moment.LASTING: "STILL: ", Moment.RECOVERED: "RECOVERED: "}
# A printable address keeps its own punctuation; what would end a Slack link (`|`, `>`) is percent-encoded.
_LINK_SAFE = ":/?#[]@!$&'()*+,;=%~-._"


def subject(alert: Alert) -> str:
    """One line: `[cartage demo] import_orders: title`."""
    return _short(f"[cartage {_line(alert.lane)}] {_line(alert.stage)}: {_title(alert)}", _SUBJECT)


def plain_text(alert: Alert) -> str:
    """The whole alert as plain text."""
    parts = [_title(alert), f"Lane: {alert.lane}\nStage: {alert.stage}"]
    if alert.facts:
        parts.append("\n".join(f"{_line(name)}: {_line(str(value))}" for name, value in alert.facts.items()))
    parts += [f"{heading}: {text}" for heading, text in _said(alert)]
    if links := _links(alert):
        parts.append("\n".join(f"{_line(name)}: {address}" for name, address in links.items()))
    if alert.runbook:
        parts.append(f"Runbook: {_line(alert.runbook)}")
    return "\n\n".join(part.strip() for part in parts) + "\n"


def slack_json(alert: Alert) -> dict[str, Any]:
    """The body of a Slack-compatible incoming webhook: `text` for those that know only that, and `blocks`."""
    return {"text": _short(_escape(plain_text(alert)), _SECTION), "blocks": list(_blocks(alert))}


def alert_document(alert: Alert) -> dict[str, Any]:
    """The body for an HTTP endpoint. Its shape is documented in docs/alerts.md, and only ever grows."""
    return {
        "source": "cartage",
        "version": 1,
        "id": alert.id,
        "state": alert.moment.value,
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


def _said(alert: Alert) -> Iterator[tuple[str, str]]:
    """What it means and what to do, under their headings; what is over needs neither."""
    if alert.moment is Moment.RECOVERED:
        return
    if alert.what_it_means:
        yield "What it means", alert.what_it_means
    if alert.fix:
        yield "What to do", alert.fix


def _title(alert: Alert) -> str:
    return _BEFORE_TITLE[alert.moment] + _line(alert.title)


def _blocks(alert: Alert) -> Iterator[dict[str, Any]]:
    yield _section(f"*{_escape(_title(alert))}*")
    named = {"Lane": alert.lane, "Stage": alert.stage, **alert.facts}
    fields = [_field(name, value) for name, value in named.items()]
    yield from (
        {"type": "section", "fields": fields[start : start + _FIELDS]}
        for start in range(0, len(fields), _FIELDS)
    )
    for heading, text in _said(alert):
        yield _section(f"*{heading}*\n{_escape(text)}")
    for name, address in _links(alert).items():
        yield _section(f"<{_escape(address)}|{_LINK_WORDS.get(name, _escape(_line(name)))}>")
    if alert.runbook:
        yield _section(f"Runbook: {_escape(_line(alert.runbook))}")


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": _short(text, _SECTION)}}


def _field(name: str, value: str | int) -> dict[str, str]:
    text = f"*{_escape(_line(name))}*\n{_escape(_line(str(value)))}"
    return {"type": "mrkdwn", "text": _short(text, _FIELD)}


def _links(alert: Alert) -> dict[str, str]:
    """The log first, then the others, by name; what is no http or https address is left out."""
    named = {"Log": alert.link, **alert.links}
    return {
        name: quote(address, safe=_LINK_SAFE)
        for name, address in named.items()
        if urlsplit(address).scheme in {"http", "https"}
    }


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _line(text: str) -> str:
    """One line of printable text: a line break in a subject would begin a header of its own."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _short(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
