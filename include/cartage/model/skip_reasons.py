"""Why an order is skipped: each reason as the text that the ledger keeps. Pure."""

from __future__ import annotations

BEFORE_GO_LIVE = "placed before the go-live day: left to the old system"


NO_SHIPPABLE_LINE = "no shippable line"


LEFT_TO_ANOTHER_SHIPPER = "every line is left to another shipper"


AMOUNT_ZERO = "amount 0"


GIFT_CERTIFICATES_ALONE = "paid with gift certificates alone"


LEFT_IMPORT_STATUS = "left the import status before it was sent"


LEFT_TO_OLD_SYSTEM = "left to the old system"


_STATUS = "status "


_BY_HAND = "by hand, "


def not_ours(status: str, *, dealt_with: bool) -> str:
    """Why an order in this status is skipped; `dealt_with` where somebody else has begun or ended with it."""
    return f"{_STATUS}{status} when first seen: not by Cartage" if dealt_with else f"{_STATUS}{status}"


def is_status_reason(reason: str) -> bool:
    """Whether an order was skipped for the status that it had; such a reason follows the status."""
    return reason.startswith(_STATUS)


def by_hand(person: str, reason: str) -> str:
    """Why an order is skipped that a person took out."""
    return f"{_BY_HAND}{person}: {reason}"


def is_by_hand(reason: str) -> bool:
    """Whether a person took the order out: only a person brings it back, whatever the store lists."""
    return reason.startswith(_BY_HAND)
