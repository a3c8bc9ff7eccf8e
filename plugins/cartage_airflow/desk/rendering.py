"""Renders the desk's templates. Text from a store, a warehouse or a person is always escaped."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import Request, status
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from cartage.intake.coverage.calendar import length_text
from cartage.mappings.rules import parts_text, rule_text
from cartage.model.statuses import SYSTEM_NAMES
from cartage.redaction import redact
from cartage.reports.tables import time_text
from cartage_airflow.desk.access import LaneAccess, LanesAccess
from cartage_airflow.desk.static_files import VERSION

HIDDEN = "hidden"
"""Stands for personal data where the user may not see it."""

# The pages in the navigation, in this order: address, name.
PAGES = (
    ("home", "Home"),
    ("attention", "Needs attention"),
    ("orders", "Orders"),
    ("activity", "Activity"),
    ("reports", "Reports"),
    ("mappings", "Mappings"),
    ("stock", "Stock"),
    ("differences", "Differences"),
    ("coverage", "Coverage"),
    ("files", "Files"),
)

# Those that show all lanes at once if none is chosen.
_OVER_LANES = ("home", "attention", "orders", "activity", "reports")

# Pages that the navigation does not name, and the page that stands for them there.
_BELOW = {
    "order": "orders",
    "payloads": "orders",
    "bulk_preview": "orders",
    "bulk": "orders",
    "skipped": "orders",
    "file": "files",
    "routing": "home",
    "": "home",
}

# htmx adds no style, evaluates no text, keeps no page in the browser's storage, and shows error pages.
_HTMX = {
    "includeIndicatorStyles": False,
    "allowEval": False,
    "allowScriptTags": False,
    "historyCacheSize": 0,
    "refreshOnHistoryMiss": True,
    "selfRequestsOnly": True,
    "scrollIntoViewOnBoost": False,
    "responseHandling": [{"code": "204", "swap": False}, {"code": "...", "swap": True}],
}


def render(
    request: Request,
    template: str,
    *,
    status: int = 200,
    access: LaneAccess | LanesAccess | None = None,
    **values: Any,
) -> HTMLResponse:
    """Return the page of a template (`<page>/template.html`); with `access` it has the navigation.

    `scope` in the template is the lane that the user chose, or None if the page shows all lanes; `lane_choices` are the
    names of all lanes that the user may choose.
    """
    page = request.url.path.rpartition("/")[2]
    page = _BELOW.get(page, page)
    here = page if page in dict(PAGES) else ""
    if isinstance(access, LanesAccess):
        scope, choices = access.chosen, access.visible
    else:
        scope, choices = (access.lane, access.lanes) if access else (None, ())
    text = (
        _environment()
        .get_template(template)
        .render(access=access, scope=scope, lane_choices=choices, here=here, now=datetime.now(UTC), **values)
    )
    return HTMLResponse(text, status_code=status)


def render_message(
    request: Request,
    title: str,
    text: str,
    *,
    status: int,
    access: LaneAccess | LanesAccess | None = None,
) -> HTMLResponse:
    """Return a page that says why there is nothing else to show."""
    return render(request, "message.html", status=status, access=access, title=title, text=text)


def redirect(page: str, **query: object) -> RedirectResponse:
    """Return a redirect to a page of the desk, to be fetched with GET."""
    # Relative, because a proxy may serve the desk under another path.
    return RedirectResponse(f"{page}?{urlencode(query, doseq=True)}", status.HTTP_303_SEE_OTHER)


def words(name: str) -> str:
    """Return an identifier as words: `partially_shipped` -> `partially shipped`."""
    return name.replace("_", " ")


def moment(at: datetime | None) -> str:
    """Return an instant in UTC, to the second."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}" if at else ""


def since(at: datetime, now: datetime) -> str:
    """Return how long ago that was, in its largest units."""
    return length_text(max(timedelta(0), now - at)) or "0 s"


def store_time(at: datetime | None, zone: ZoneInfo) -> str:
    """Return an instant in a store's time, to the minute; seconds are on hover, with UTC."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}" if at else ""


def age(at: datetime, now: datetime) -> str:
    """Return how long ago that was, in its largest unit: `3 d`, `5 h`, `12 min`, `now`."""
    seconds = max(0, int((now - at).total_seconds()))
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length:,} {unit}"
    return "now"


def brief(at: datetime, now: datetime) -> str:
    """Return how long ago that was, in its largest unit, as an element that says when.

    It has nothing but times, so templates need not escape it: `{{ at | brief(now) | safe }}`.
    """
    return f'<time datetime="{at.isoformat()}" title="{moment(at)} UTC">{age(at, now)}</time>'


def money(amount: Decimal, currency: str = "") -> str:
    """Return an amount with the code of its currency, if the lane names one."""
    return f"{amount:,.2f} {currency}".rstrip()


def query(parameters: Mapping[str, object]) -> str:
    """Return the query of an address, without its question mark; a list becomes a parameter for each of its values."""
    return urlencode(parameters, doseq=True)


def quantity(number: Decimal | str) -> str:
    """Return a quantity without trailing zeros; in documents it is text."""
    return format(Decimal(number).normalize(), "f")


def personal(value: str, access: LaneAccess) -> str:
    """Return personal data for users who may see it, `hidden` for others."""
    if not value:
        return ""
    return value if access.may_act else HIDDEN


def numbered(message: str, order_id: int, invoice: str, *, always: bool = True) -> str:
    """Return a message about an order as a sentence that has the number by which people know it.

    Not `always`: only if the message has the order's other number.
    """
    known, name = f"order {order_id}", f"Order {invoice or order_id}"
    after = message.removeprefix(known)
    # Not the beginning of another number.
    if after != message and not after[:1].isdigit():
        return name + after
    return f"{name}: {message}" if always else message[:1].upper() + message[1:]


def document(value: Any) -> str:
    """Return a document as indented JSON."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


def pretty(body: str) -> str:
    """Return a body indented if it is JSON, and as it came otherwise."""
    try:
        return document(json.loads(body))
    except ValueError:
        return body


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=ChoiceLoader(
            [PackageLoader("cartage_airflow.desk", folder) for folder in ("templates", "pages")]
        ),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "age": age,
        "brief": brief,
        "combine": lambda first, second: {**first, **second},
        "redact": redact,
        "document": document,
        "length_of_time": length_text,
        "moment": moment,
        "money": money,
        "numbered": numbered,
        "parts_text": parts_text,
        "personal": personal,
        "pretty": pretty,
        "quantity": quantity,
        "query": query,
        "rule_text": rule_text,
        "since": since,
        "time_text": time_text,
        "store_time": store_time,
        "words": words,
    }
    environment.globals |= {
        "pages": PAGES,
        "over_lanes": _OVER_LANES,
        "version": VERSION,
        "htmx": _HTMX,
        "status_names": SYSTEM_NAMES,
    }
    return environment
