"""What the write endpoints accept: each field's type and length (section 4.2), and what happens to other fields.

Keys that the real API does not let a client write are missing here, and so ignored like unknown keys.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cartage_sandbox.kernel.rules import Rules

_METHOD_NAME = re.compile(r"[A-Za-z0-9 .()-]*")


class FieldError(ValueError):
    """A value that the API refuses with 400."""


@dataclass(frozen=True, slots=True)
class Field:
    """A writable field. `length` limits texts; 0 means no limit."""

    kind: str
    length: int = 0

    def checked(self, name: str, value: Any, rules: Rules) -> Any:
        """Return the value in its stored form. Raises FieldError."""
        if value is None:
            return _EMPTY[self.kind]
        try:
            stored = _CONVERT[self.kind](value)
        except (ValueError, TypeError, OverflowError) as error:
            raise FieldError(f"The value is not valid for {name}") from error
        if self.length and len(stored) > self.length:
            if rules["over_length"] == "reject":
                raise FieldError(f"{name} must not exceed {self.length} characters")
            stored = stored[: self.length]
        return stored


Schema = Mapping[str, Field]


def checked(changes: Mapping[str, Any], schema: Schema, rules: Rules) -> dict[str, Any]:
    """Return the changes that a partial update makes. Raises FieldError naming the field."""
    kept = {}
    for name, value in changes.items():
        field = schema.get(name)
        if field is None or (value is None and rules["null_in_write"] == "ignored"):
            continue
        if value is None and rules["null_in_write"] == "rejected":
            raise FieldError(f"{name} must not be null")
        kept[name] = field.checked(name, value, rules)
    _check_method_name(kept.get("ShipmentMethodName", ""), rules)
    return kept


def _check_method_name(name: str, rules: Rules) -> None:
    if rules.flag("method_name_charset") and not _METHOD_NAME.fullmatch(name):
        raise FieldError("ShipmentMethodName contains invalid characters")


def _text(value: Any) -> str:
    if isinstance(value, dict | list):
        raise TypeError("not a text")
    return value if isinstance(value, str) else str(value)


def _integer(value: Any) -> int:
    # Json.NET accepts "2" for 2, but neither 2.5 nor true.
    if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
        raise TypeError("not a whole number")
    return int(value)


def _number(value: Any) -> float:
    if isinstance(value, bool):
        raise TypeError("not a number")
    return float(value)


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError("not a boolean")
    return value


_CONVERT: Mapping[str, Callable[[Any], Any]] = {
    "str": _text,
    "int": _integer,
    "num": _number,
    "bool": _boolean,
}
_EMPTY: Mapping[str, Any] = {"str": "", "int": 0, "num": 0.0, "bool": False}


def _schema(text: str) -> Schema:
    schema = {}
    for part in text.split():
        name, _, form = part.partition(":")
        kind = form.rstrip("0123456789")
        schema[name] = Field(kind, int(form[len(kind) :] or 0))
    return schema


ORDER = _schema("""
    InvoiceNumberPrefix:str50 OrderStatusID:int SalesPerson:str50 AlternateOrderID:str OrderType:str
    BillingFirstName:str100 BillingLastName:str100 BillingCompany:str255 BillingAddress:str200
    BillingAddress2:str50 BillingCity:str100 BillingState:str100 BillingZipCode:str20 BillingCountry:str50
    BillingPhoneNumber:str30 BillingEmail:str100 BillingPaymentMethod:str CustomerComments:str65535
    InternalComments:str65535 ExternalComments:str50
""")
SHIPMENT = _schema("""
    ShipmentBoxes:int ShipmentInternalComment:str ShipmentOrderStatus:int ShipmentAddress:str255
    ShipmentAddress2:str50 ShipmentAlias:str100 ShipmentCity:str50 ShipmentCompany:str200 ShipmentCost:num
    ShipmentCountry:str50 ShipmentEmail:str100 ShipmentFirstName:str100 ShipmentLastName:str50
    ShipmentMethodID:int ShipmentMethodName:str150 ShipmentShippedDate:str50 ShipmentPhone:str50
    ShipmentState:str50 ShipmentZipCode:str20 ShipmentTax:num ShipmentWeight:num ShipmentTrackingCode:str100
    ShipmentAddressTypeID:int
""")
SHIP_TO = frozenset(
    f"Shipment{name}"
    for name in (
        "Address", "Address2", "City", "Company", "Country", "FirstName", "LastName", "Phone", "State", "ZipCode",
    )
)  # fmt: skip
"""The fields of a shipment that say where it goes."""
ITEM = _schema("""
    ItemID:str150 ItemShipmentID:int ItemQuantity:num ItemWarehouseID:int ItemDescription:str
    ItemUnitPrice:num ItemWeight:num ItemOptionPrice:num ItemAdditionalField1:str255
    ItemAdditionalField2:str255 ItemAdditionalField3:str255 ItemUnitCost:num ItemSerial:str
""")
SKU_INFO = _schema("""
    SKU:str255 Name:str255 Cost:num Price:num RetailPrice:num SalePrice:num OnSale:bool Stock:num
""")
PRODUCT = _schema("MFGID:str GTIN:str InventoryControl:int Hide:bool Weight:num WarehouseBin:str")
ADVANCED_OPTION = _schema("""
    AdvancedOptionSufix:str50 AdvancedOptionName:str AdvancedOptionCost:num AdvancedOptionStock:int
    AdvancedOptionWeight:num AdvancedOptionPrice:num AdvancedOptionGTIN:str50
""")
