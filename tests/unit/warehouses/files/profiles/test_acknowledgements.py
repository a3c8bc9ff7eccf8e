from __future__ import annotations

import pytest

from cartage.warehouses.documents import AcceptedOrder, DocumentPart, RejectedOrder
from tests.unit.warehouses.files.profiles.conftest import Reads

_SECTION = """\
acknowledgements:
  files: a.csv
  columns:
    reference: order
    remote_id: {heading: wms, required: false}
    status: {heading: status, required: false}
    reason: {heading: reason, required: false}
"""


def test_accepted_and_rejected_orders(read: Reads) -> None:
    found = read(
        _SECTION,
        """\
        order,wms,status,reason
        A,W1,Accepted,
        B,,REJECTED,"no such SKU,
        see line 2"
        C,W3,ok,
        C,W3,Error,credit hold
        D,,maybe,
        ,W5,ok,
        """,
    )
    assert found.parts == {DocumentPart.ORDERS}
    assert found.accepted == (AcceptedOrder("A", "W1"),)
    assert found.rejected == (
        RejectedOrder("B", "no such SKU, see line 2"),
        RejectedOrder("C", "credit hold", "W3"),
    )
    assert [row.what.split(". ")[0] for row in found.unreadable] == [
        "status (column 'status'): a status that the profile does not know, row 6",
        "reference (column 'order'): missing, row 7",
    ]
    assert [row.name for row in found.unreadable] == ["D", ""]


@pytest.mark.parametrize(
    ("settings", "accepted", "rejected"), [("", ["A"], []), ("  without_status: rejected\n", [], ["A"])]
)
def test_a_file_without_a_status(
    read: Reads, settings: str, accepted: list[str], rejected: list[str]
) -> None:
    found = read(_SECTION + settings, "order\nA\n")
    assert [order.reference for order in found.accepted] == accepted
    assert [order.reference for order in found.rejected] == rejected


def test_own_words(read: Reads) -> None:
    found = read(f"{_SECTION}  accepted: [Y]\n  rejected: [N]\n", "order,status\nA,y\nB,n\nC,ok\n")
    assert [order.reference for order in found.accepted] == ["A"]
    assert [order.reference for order in found.rejected] == ["B"]
    assert [row.name for row in found.unreadable] == ["C"]
