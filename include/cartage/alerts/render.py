"""An alert as the text of an e-mail, and as JSON for a Slack-compatible webhook. Everything given is escaped.

Slack's rules: `&`, `<` and `>` are escaped, which also takes the power from `<!channel>` and made-up links; a
section holds 3000 characters, a field 2000, and a section at most ten fields.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit

from cartage.alerts.alert import Alert

_SUBJECT = 150
_SECTION = 2900
_FIELD = 1900
_FIELDS = 10
# A printable address keeps its own punctuation; what would end a Slack link (`|`, `>`) is percent-encoded.
_LINK_SAFE = ":/?#[]@!$&'()*+,;=%~-._"


def subject(alert: Alert) -> str:
    """One line: `[cartage demo] import_orders: title`."""
    return _short(f"[cartage {_line(alert.lane)}] {_line(alert.stage)}: {_line(alert.title)}", _SUBJECT)


def plain_text(alert: Alert) -> str:
    """The whole alert as plain text."""
    parts = [alert.title, f"Lane: {alert.lane}\nStage: {alert.stage}"]
    if alert.facts:
        parts.append("\n".join(f"{_line(name)}: {_line(str(value))}" for name, value in alert.facts.items()))
    if alert.what_it_means:
        parts.append(f"What it means: {alert.what_it_means}")
    if alert.mend:
        parts.append(f"What to do: {alert.mend}")
    if link := _link(alert):
        parts.append(f"Log: {link}")
    return "\n\n".join(part.strip() for part in parts) + "\n"


def slack_json(alert: Alert) -> dict[str, Any]:
    """The body of a Slack-compatible incoming webhook: `text` for those that know only that, and `blocks`."""
    return {"text": _short(_escape(plain_text(alert)), _SECTION), "blocks": list(_blocks(alert))}


def _blocks(alert: Alert) -> Iterator[dict[str, Any]]:
    yield _section(f"*{_escape(_line(alert.title))}*")
    named = {"Lane": alert.lane, "Stage": alert.stage, **alert.facts}
    fields = [_field(name, value) for name, value in named.items()]
    yield from (
        {"type": "section", "fields": fields[start : start + _FIELDS]}
        for start in range(0, len(fields), _FIELDS)
    )
    if alert.what_it_means:
        yield _section(f"*What it means*\n{_escape(alert.what_it_means)}")
    if alert.mend:
        yield _section(f"*What to do*\n{_escape(alert.mend)}")
    if link := _link(alert):
        yield _section(f"<{_escape(link)}|Open the log>")


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": _short(text, _SECTION)}}


def _field(name: str, value: str | int) -> dict[str, str]:
    text = f"*{_escape(_line(name))}*\n{_escape(_line(str(value)))}"
    return {"type": "mrkdwn", "text": _short(text, _FIELD)}


def _link(alert: Alert) -> str:
    return quote(alert.link, safe=_LINK_SAFE) if urlsplit(alert.link).scheme in {"http", "https"} else ""


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _line(text: str) -> str:
    """One line of printable text: a line break in a subject would begin a header of its own."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _short(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
