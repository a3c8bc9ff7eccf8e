"""What people and label systems write into tracking fields, by the rules `tracking_written` and `master_numbers`."""

from __future__ import annotations

from cartage_sandbox.extensiv.data.model import Order, Package
from cartage_sandbox.kernel.rules import Rules

_NOTE = "N/A"
_TOGETHER = " / "


class TrackingFields:
    """Writes the tracking fields of orders, following the rules when they change."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules

    def in_package(self, order: Order, package: Package) -> str | None:
        """Return the field of one package."""
        number = package.tracking_number
        match self._rules.text("tracking_written"):
            case "routed" if package.carrier.upper() == "USPS":
                zip_code = str((order.document.get("shipTo") or {}).get("zip") or "")
                digits = "".join(character for character in zip_code if character.isdecimal())
                return f"420{digits[:5]:0<5}{number}"
            case "joined":
                numbers = [each.tracking_number for each in order.packages]
                return _TOGETHER.join(numbers) if package is order.packages[0] else None
            case _:
                return self._written(number)

    def of_order(self, order: Order) -> str:
        """Return the field of routingInfo: the master number, or the first package's."""
        if self._rules.flag("master_numbers") and len(order.packages) > 1:
            return f"M{order.order_id:09d}"
        return self._written(order.packages[0].tracking_number)

    def labels(self, order: Order) -> list[str]:
        """Return the numbers of parcelResponse."""
        return [self._written(package.tracking_number) for package in order.packages]

    def _written(self, number: str) -> str:
        match self._rules.text("tracking_written"):
            case "grouped":
                return " ".join(number[start : start + 4] for start in range(0, len(number), 4))
            case "note":
                return _NOTE
            case _:
                return number
