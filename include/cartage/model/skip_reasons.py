"""Why an order is skipped, as the text that the ledger keeps."""

from __future__ import annotations

BEFORE_GO_LIVE = "placed before the go-live day: left to the old system"
NO_SHIPPABLE_LINE = "no shippable line"
LEFT_TO_ANOTHER_SHIPPER = "every line is left to another shipper"
AMOUNT_ZERO = "amount 0"
GIFT_CERTIFICATES_ONLY = "paid only with gift certificates"
LEFT_IMPORT_STATUS = "left the import status before it was sent"
LEFT_TO_OLD_SYSTEM = "left to the old system"
NO_LONGER_ORDERED = "the order no longer has its lines"
# A part that ended: it has no lines.
MERGED = "its lines are in other parts of the order again"
_BY_ROUTING = "shipped by others: rule "
_STATUS = "status "
_BY_HAND = "by hand, "


def not_ours(status: str, *, processed: bool) -> str:
    """Return the reason for an order in this status. `processed`: somebody else has started or finished it."""
    return f"{_STATUS}{status} when first seen: not by Cartage" if processed else f"{_STATUS}{status}"


def is_status_reason(reason: str) -> bool:
    """Return whether an order was skipped for its status. Such a reason changes with the status."""
    return reason.startswith(_STATUS)


def shipped_by_others(rule: str) -> str:
    """Return the reason for an order that no warehouse of the lane ships, by a routing rule."""
    return f"{_BY_ROUTING}{rule}"


def lasts_until_edited(reason: str) -> bool:
    """Return whether an order stays skipped until the store's order or the rules change.

    A routing rule left it to others, or the order no longer has the lines of that part.
    """
    return reason.startswith(_BY_ROUTING) or reason == NO_LONGER_ORDERED


def by_hand(person: str, reason: str) -> str:
    """Return the reason for an order that a person skipped."""
    return f"{_BY_HAND}{person}: {reason}"


def is_by_hand(reason: str) -> bool:
    """Return whether a person skipped the order. Then only a person can bring it back, whatever the store lists."""
    return reason.startswith(_BY_HAND)
