"""Problems of orders, and the fingerprint by which equal problems become one cause."""

from __future__ import annotations

import hashlib
import re
import traceback
from dataclasses import dataclass
from enum import StrEnum

# Characters of a SKU or ship method that are compared, mapped and kept whole. 3dcart's longest SKU has 100.
LONGEST_NAME = 500
# Characters of a problem's message and fix, and of a value that one of them quotes.
_LONGEST_TEXT = 1_000
_LONGEST_QUOTE = 100
# A number in groups or an e-mail address at the end of a cut text: half of one would not be redacted any more.
_CUT_VALUE = re.compile(r"(?:(?<!\d)\d[\d -]{0,40}|(?<!\S)\S{1,100}@\S{0,100})\Z")


class ProblemKind(StrEnum):
    """Every kind of problem that blocks an order, or hides one. The manual has a line for each."""

    UNREADABLE_ORDER = "unreadable_order"
    UNREADABLE_AT_WAREHOUSE = "unreadable_at_warehouse"
    MALFORMED_FIELD = "malformed_field"
    NO_LINES = "no_lines"
    QUANTITY_NOT_WHOLE = "quantity_not_whole"
    EMPTY_SKU = "empty_sku"
    UNKNOWN_SKU = "unknown_sku"
    AMBIGUOUS_SKU = "ambiguous_sku"
    INACTIVE_ITEM = "inactive_item"
    UNMAPPED_SHIP_METHOD = "unmapped_ship_method"
    ADDRESS_INCOMPLETE = "address_incomplete"
    UNSUPPORTED_COUNTRY = "unsupported_country"
    PO_BOX = "po_box"
    MILITARY_ADDRESS = "military_address"
    FIELD_TOO_LONG = "field_too_long"
    OPTION_TEXT = "option_text"
    REFUSED_BY_WAREHOUSE = "refused_by_warehouse"
    CONNECTOR_FAILED = "connector_failed"
    UNREADABLE_COPY = "unreadable_copy"
    NOT_ROUTED = "not_routed"


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault found in one order: its subject, a message, and the fix.

    Problems with the same kind and subject are one cause, so `message` must not name a single order. `compared_as` is
    the form of the subject in which it is compared, where several spellings mean the same and one fix is for all of
    them; empty: as it is shown. Texts that are too long for people are cut, and say so; the order has the full value.
    """

    kind: ProblemKind
    subject: str
    message: str
    fix: str
    compared_as: str = ""

    def __post_init__(self) -> None:
        """Cut texts that are too long."""
        texts = {
            "subject": LONGEST_NAME,
            "message": _LONGEST_TEXT,
            "fix": _LONGEST_TEXT,
            "compared_as": LONGEST_NAME,
        }
        for name, most in texts.items():
            object.__setattr__(self, name, shortened(getattr(self, name), most))

    @property
    def fingerprint(self) -> str:
        """Return a short stable name of the cause: the same for every order with this problem."""
        text = f"{self.kind.value}\x1f{self.compared_as or self.subject}"
        return f"{self.kind.value}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def shortened(text: str, most: int = _LONGEST_TEXT) -> str:
    """Return the text if it has at most this many characters; otherwise its beginning, its length and a digest.

    Different texts stay different.
    """
    if len(text) <= most:
        return text
    digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:8]
    mark = f"... ({len(text):,} characters, digest {digest})"
    return f"{_CUT_VALUE.sub('', text[: most - len(mark)])}{mark}"


def quoted(value: str) -> str:
    """Return a value of an order in quotation marks, cut to what a person can read."""
    return repr(shortened(value, _LONGEST_QUOTE))


def field_too_long(field: str, most: int, fix: str) -> Problem:
    """Return the problem of a field that is longer than this; it names the field, never the content."""
    return Problem(
        ProblemKind.FIELD_TOO_LONG,
        f"{field} (at most {most})",
        f"{field}: longer than {most} characters",
        fix,
    )


def connector_failed(failure: BaseException) -> Problem:
    """Return the problem of an order on which the warehouse's connector fails; it names the place in the code."""
    places = [
        f"{frame.f_globals.get('__name__', '?')}.{frame.f_code.co_name}"
        for frame, _ in traceback.walk_tb(failure.__traceback__)
    ]
    return connector_failed_in(" in ".join([type(failure).__name__, *places[-1:]]))


def connector_failed_in(what: str) -> Problem:
    """Return the problem of an order on which the connector fails, by the error and its place in the code."""
    return Problem(
        ProblemKind.CONNECTOR_FAILED,
        what,
        f"the warehouse's connector fails on it: {what}",
        "Report it with the task's log, which has the details. After an update of the connector, retry the orders at "
        "the desk; an order that is changed in 3dcart is validated again by itself.",
    )


# Problems that several modules find; each is one cause.
UNREADABLE_COPY = Problem(
    ProblemKind.UNREADABLE_COPY,
    "ledger",
    "the ledger's copy of the order cannot be read: another version of Cartage wrote it",
    "Restart the order at the desk (Restart): it is read again from 3dcart.",
)
NO_LINES = Problem(
    ProblemKind.NO_LINES,
    "lines",
    "the order has no lines to ship",
    "Open the order in 3dcart and add its items, or cancel it.",
)
EMPTY_SKU = Problem(
    ProblemKind.EMPTY_SKU,
    "line without SKU",
    "a line has no SKU",
    "Give the product (or its option) a SKU in 3dcart, and correct the order's line.",
)
