"""Renders the desk's templates. What a store, a warehouse or a person sent is always escaped."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from cartage.intake.coverage.calendar import length_text
from cartage.mappings.rules import parts_text, rule_text
from cartage.model.statuses import SYSTEM_NAMES
from cartage.redaction import redact
from cartage_airflow.desk.access import Seat
from cartage_airflow.desk.static import VERSION
from cartage_airflow.desk.tracking_links import tracking_link

HIDDEN = "hidden"
"""What stands for personal data where the user may not see it."""

# The pages of a lane, in the order of the navigation: address, name.
PAGES = (
    ("overview", "Overview"),
    ("orders", "Orders"),
    ("blocked", "Blocked"),
    ("mappings", "Mappings"),
    ("questions", "Questions"),
    ("stock", "Stock"),
    ("alerts", "Alerts"),
    ("held", "Held"),
    ("skipped", "Skipped"),
    ("coverage", "Coverage"),
)

# htmx sets no style, runs no text as a program, keeps no page in the browser's storage, and shows pages of errors.
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
    request: Request, template: str, *, status: int = 200, seat: Seat | None = None, **values: Any
) -> HTMLResponse:
    """A page from a template; with a seat it has the navigation of that lane."""
    page = request.url.path.rpartition("/")[2]
    text = _environment().get_template(template).render(seat=seat, page=page, now=datetime.now(UTC), **values)
    return HTMLResponse(text, status_code=status)


def words(name: str) -> str:
    """A name of the program as words: `partially_shipped` -> `partially shipped`."""
    return name.replace("_", " ")


def moment(at: datetime | None) -> str:
    """An instant, to the second, in UTC."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}" if at else ""


def since(at: datetime, now: datetime) -> str:
    """How long ago that was, in its largest units."""
    return length_text(max(timedelta(0), now - at)) or "0 s"


def money(amount: Decimal) -> str:
    """An amount in the store's currency."""
    return f"{amount:,.2f}"


def quantity(number: Decimal | str) -> str:
    """A quantity without trailing zeros; also one that a document holds as text."""
    return format(Decimal(number).normalize(), "f")


def personal(value: str, seat: Seat) -> str:
    """Personal data, for those who may see it."""
    if not value:
        return ""
    return value if seat.acts else HIDDEN


def document(value: Any) -> str:
    """A document, to be read by a person."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


def pretty(body: str) -> str:
    """A body as it came, or laid out for a person if it is JSON."""
    try:
        return document(json.loads(body))
    except ValueError:
        return body


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("cartage_airflow.desk"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "combine": lambda first, second: {**first, **second},
        "redact": redact,
        "document": document,
        "length_of_time": length_text,
        "moment": moment,
        "money": money,
        "parts_text": parts_text,
        "personal": personal,
        "pretty": pretty,
        "quantity": quantity,
        "rule_text": rule_text,
        "since": since,
        "tracking_link": tracking_link,
        "words": words,
    }
    environment.globals |= {"pages": PAGES, "version": VERSION, "htmx": _HTMX, "status_names": SYSTEM_NAMES}
    return environment
