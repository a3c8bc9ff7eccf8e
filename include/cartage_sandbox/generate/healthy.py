"""The kinds of orders that should simply ship, and those that should not ship yet or no longer.

Each is a function of (maker, slot), and returns an order whose money adds up.
"""

from __future__ import annotations

from decimal import Decimal

from cartage_sandbox.generate import people, shapes
from cartage_sandbox.generate.making import Maker, Parcel, Slot, reckon
from cartage_sandbox.generate.methods import DOMESTIC, FOREIGN
from cartage_sandbox.generate.people import Person
from cartage_sandbox.generate.shapes import Json

# How stores write a trademark sign behind a ship method: as it is, escaped, and decoded as the wrong encoding.
_DAMAGED_MARKS = (
    "\u2122",
    "&lt;sup&gt;&#8482;&lt;/sup&gt;",
    "&amp;lt;sup&amp;gt;&amp;#174;&amp;lt;/sup&amp;gt;",
    "\u00c2\u00ae",
    "\u00e2\u201e\u00a2",
)
_ENGRAVINGS = ("For Ann &amp; Bob", "O&#39;Brien", "Zo\u00c3\u00ab, 1 May", "Two<br>lines", "=SUM(1;2)")
_HTML_COMMENTS = (
    'Leave at door\r\n<b>please</b> &amp; ring "twice"',
    "<script>alert('gift')</script> thanks &lt;3",
    "<p>No <i>plastic<p> please<br>\ttabs\x0band tags",
    '=HYPERLINK("http://example.test","open")',
)


def single(maker: Maker, slot: Slot) -> Json:
    """A line with a plain product."""
    return maker.order(slot, maker.goods("plain"))


def multi_line(maker: Maker, slot: Slot) -> Json:
    """Two to five lines of several kinds."""
    goods = [*maker.goods("plain", maker.rng.randint(1, 3)), *maker.goods("options", maker.rng.randint(1, 2))]
    return maker.order(slot, goods)


def options(maker: Maker, slot: Slot) -> Json:
    """A line with the SKU of an option combination."""
    return maker.order(slot, maker.goods("options"))


def part_number(maker: Maker, slot: Slot) -> Json:
    """A line with the product's SKU plus a part number."""
    return maker.order(slot, maker.goods("parts"))


def bundle(maker: Maker, slot: Slot) -> Json:
    """A bundle with its children, and sometimes another item."""
    return maker.order(slot, [*maker.goods("bundle"), *maker.goods("plain", maker.rng.randint(0, 1))])


def guest(maker: Maker, slot: Slot) -> Json:
    """A customer without an account."""
    return single(maker, slot) | {"CustomerID": 0}


def discount(maker: Maker, slot: Slot) -> Json:
    """A coupon of ten per cent."""
    order = multi_line(maker, slot)
    value = sum(line["ItemUnitPrice"] * line["ItemQuantity"] for line in order["OrderItemList"])
    amount = round(value / 10, 2)
    promotion = {
        "PromotionID": 7,
        "PromotionName": "10% off & free sticker",
        "Coupon": "TEN",
        "DiscountAmount": amount,
    }
    order |= {"PromotionList": [promotion], "OrderDiscount": amount, "OrderDiscountCoupon": amount}
    reckon(order)
    return order


def discount_line(maker: Maker, slot: Slot) -> Json:
    """A discount in the form of a line, with more than two decimals (section 4.2)."""
    order = single(maker, slot)
    goods = order["OrderItemList"][0]
    order["OrderItemList"].append(
        shapes.item()
        | {
            "ItemIndexID": goods["ItemIndexID"] + 1,
            "ItemID": "DISCOUNT",
            "ItemDescription": "Volume Discount 3%",
            "ItemOptionPrice": float(-Decimal(str(goods["ItemUnitPrice"])) * Decimal("0.03")),
            "ItemDateAdded": order["OrderDate"],
        }
    )
    reckon(order)
    return order


def gift_certificate(maker: Maker, slot: Slot) -> Json:
    """Partly paid with a certificate: a second payment, not a discount."""
    order = single(maker, slot)
    first = order["TransactionList"][0]
    part = round(order["OrderAmount"] / 2, 2)
    certificate = first | {
        "TransactionIndexID": first["TransactionIndexID"] + 1,
        "TransactionMethod": "Gift Certificate",
    }
    first["TransactionAmount"] = round(order["OrderAmount"] - part, 2)
    order["TransactionList"].append(certificate | {"TransactionAmount": part})
    return order


def multi_ship_to(maker: Maker, slot: Slot) -> Json:
    """Two or three addresses, each with its own shipment."""
    parcels = []
    for number in range(maker.rng.randint(2, 3)):
        method = maker.rng.choice(list(DOMESTIC))
        goods = maker.goods("plain", maker.rng.randint(1, 2))
        to = people.address(maker.rng)
        parcels.append(Parcel(goods, to, method, DOMESTIC[method], slot.order_id * 10 + number + 1))
    return maker.to_parcels(slot, parcels, people.person(maker.rng))


def foreign(maker: Maker, slot: Slot) -> Json:
    """An address abroad, with a free-text region and a phone number as written there."""
    method = maker.rng.choice(list(FOREIGN))
    to, phone = people.foreign(maker.rng)
    someone = people.person(maker.rng)
    buyer = Person(someone.first, someone.last, someone.email, phone)
    return maker.to_parcels(slot, [Parcel(maker.goods("plain"), to, method, FOREIGN[method])], buyer)


def unicode(maker: Maker, slot: Slot) -> Json:
    """A name in any script, combining accents, emoji, invisible characters."""
    order = maker.order(slot, maker.goods("options"), people.unicode_person(maker.rng))
    return order | {"CustomerComments": "Grüße aus Köln \u2013 \u201cdanke\u201d 🙏\u200d 谢谢"}


def html_comments(maker: Maker, slot: Slot) -> Json:
    """Comments with tags, entities, scripts, control characters or a spreadsheet formula."""
    question = shapes.question() | {"OrderID": slot.order_id, "QuestionAnswer": "PO-<b>77</b>"}
    return single(maker, slot) | {
        "CustomerComments": maker.rng.choice(_HTML_COMMENTS),
        "QuestionList": [question],
    }


def padded(maker: Maker, slot: Slot) -> Json:
    """Blanks around SKU, name, city and postal code."""
    order = single(maker, slot)
    line, shipment = order["OrderItemList"][0], order["ShipmentList"][0]
    line["ItemID"] = maker.rng.choice((f"{line['ItemID']}   ", f" {line['ItemID']}"))
    for name in ("ShipmentFirstName", "ShipmentCity", "ShipmentZipCode"):
        shipment[name] = f"{shipment[name]}  "
    return order


def damaged_method(maker: Maker, slot: Slot) -> Json:
    """A ship method with a trademark sign, which stores escape or damage in several ways."""
    order = single(maker, slot)
    order["ShipmentList"][0]["ShipmentMethodName"] += maker.rng.choice(_DAMAGED_MARKS)
    return order


def engraving(maker: Maker, slot: Slot) -> Json:
    """A text that the buyer wrote for a line; the SKU does not show it (section 4.2, ItemDescription)."""
    order = maker.order(slot, maker.goods(maker.rng.choice(("plain", "options"))))
    line = order["OrderItemList"][0]
    line["ItemDescription"] += f"<br><b>Engraving:</b>&nbsp;{maker.rng.choice(_ENGRAVINGS)}"
    line["ItemOptions"] += f",{9000 + slot.order_id % 10}"
    return order


def cart(maker: Maker, slot: Slot) -> Json:
    """An abandoned cart: in every unfiltered list, but nothing to ship."""
    order = _with_status(single(maker, slot), 7)
    return order | {"InvoiceNumber": 0, "CustomerID": 0, "BillingPaymentMethod": "", "TransactionList": []}


def unpaid(maker: Maker, slot: Slot) -> Json:
    """An order that waits for a cheque."""
    order = _with_status(multi_line(maker, slot), 11)
    return order | {"BillingPaymentMethod": "Check", "BillingOnLinePayment": False, "TransactionList": []}


def shipped(maker: Maker, slot: Slot) -> Json:
    """An order that was shipped by hand, with a date in one of the known formats."""
    order = _with_status(single(maker, slot), 4)
    dates = ("", "9/16/2025", "11/6/2025", "9/16/2025 1:23:45 PM")
    order["ShipmentList"][0] |= {
        "ShipmentTrackingCode": f"94001{maker.rng.randrange(10**17):017d}",
        "ShipmentShippedDate": maker.rng.choice(dates),
    }
    return order


def _with_status(order: Json, status: int) -> Json:
    for shipment in order["ShipmentList"]:
        shipment["ShipmentOrderStatus"] = status
    return order | {"OrderStatusID": status}
