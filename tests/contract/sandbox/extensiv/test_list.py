"""GET /orders: RQL, pages, sorting, detail, media types, and when a new order is visible."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
import requests

if TYPE_CHECKING:
    from tests.contract.sandbox.extensiv.conftest import Wms

ITEM_REL = "http://api.3plCentral.com/rels/orders/item"


@pytest.fixture
def five(wms: Wms) -> Wms:
    """Return a warehouse with orders A1 to A5, a minute apart; A2 shipped, A3 cancelled."""
    for number in range(1, 6):
        wms.accepted(f"A{number}", poNum=f"PO {number}")
        wms.clock.advance(60)
    wms.control("POST", "/ship", {"references": ["A2"]})
    wms.control("POST", "/cancel", {"references": ["A3"]})
    return wms


@pytest.mark.parametrize(
    ("rql", "references"),
    [
        ("referenceNum==A1", ["A1"]),
        ("REFERENCENUM==a1", ["A1"]),
        ("referenceNum==A1;readonly.customeridentifier.id==12", ["A1"]),
        ("referenceNum==A1;readonly.customeridentifier.id==13", []),
        ("referenceNum==A1,referenceNum==A4", ["A1", "A4"]),
        ("(referenceNum==A1,referenceNum==A4);ponum==PO 4", ["A4"]),
        ("referenceNum=in=(A1,A5,A9)", ["A1", "A5"]),
        ("referenceNum=out=(A1,A5)", ["A2", "A3", "A4"]),
        ("referenceNum!=A1", ["A2", "A3", "A4", "A5"]),
        ("referenceNum==A*", ["A1", "A2", "A3", "A4", "A5"]),
        ("referenceNum==*5", ["A5"]),
        ("ponum==*o*;referenceNum==*1", ["A1"]),
        ("readonly.isclosed==true", ["A2"]),
        ("readonly.isclosed==false", ["A1", "A3", "A4", "A5"]),
        ("readonly.status==2", ["A3"]),
        ("readonly.processDate=hv=true", ["A2"]),
        ("readonly.creationdate=lt=2026-11-24T15:02:00", ["A1", "A2"]),
        ("readonly.creationdate=gt=2026-11-24T15:02:00", ["A4", "A5"]),
        ("readonly.creationdate=le=2026-11-24T15:02:00", ["A1", "A2", "A3"]),
        ("readonly.lastModifiedDate=ge=2026-11-24T15:05:00", ["A2", "A3"]),
        ("readonly.lastModifiedDate=ge=2026-11-24", ["A1", "A2", "A3", "A4", "A5"]),
        ("readonly.orderid=gt=100003", ["A4", "A5"]),
        ("readonly.orderid==100003", ["A3"]),
    ],
)
def test_rql_selects(five: Wms, rql: str, references: list[str]) -> None:
    assert five.references(rql) == references


@pytest.mark.parametrize("reference", ["A;B", "A,B", "50%", "(A)", "A*B", "A=B", "A!B"])
def test_reserved_characters_are_encoded_twice(wms: Wms, reference: str) -> None:
    wms.accepted(reference)
    wms.accepted("other")
    assert wms.references(f"referenceNum=={quote(reference, safe='')}") == [reference]


@pytest.mark.parametrize(
    ("rql", "hint"),
    [
        ("gorp==1", "Properties not supported: gorp"),
        ("referenceNum==A1;gorp==1", "Properties not supported: gorp"),
        ("referenceNum", "Not a comparison"),
        ("referenceNum=like=A", "Not a comparison"),
        ("(referenceNum==A", "expected"),
        ("referenceNum==A)", "Unexpected"),
        ("readonly.orderid==x", "Not a number"),
        ("readonly.isclosed==maybe", "Not true or false"),
        ("readonly.creationdate=ge=yesterday", "Not a date"),
    ],
)
def test_a_query_that_cannot_be_parsed_is_an_error(wms: Wms, rql: str, hint: str) -> None:
    response = wms.call("GET", "/orders", params={"rql": rql})
    body = response.json()
    assert response.status_code == 400
    assert body["$type"] == (
        "WMS.V2.Generic.Models.Exceptions.QueryParameterException, WMS.V2.Generic.Models"
    )
    assert (body["Parameters"], body["ErrorCode"]) == (["rql"], "NotParsable")
    assert hint in body["Hint"]


def test_status_distinguishes_only_canceled_unless_the_rule_says_more(five: Wms) -> None:
    assert five.references("readonly.status==0") == ["A1", "A2", "A4", "A5"]
    assert five.references("readonly.status==1") == []
    five.rule(rql_status_reliable=True)
    assert five.references("readonly.status==1") == ["A2"]


def test_process_date_may_be_unknown_to_rql(five: Wms) -> None:
    five.rule(rql_process_date=False)
    response = five.call("GET", "/orders", params={"rql": "readonly.processDate=ge=2026-11-24"})
    assert response.status_code == 400


def test_alternatives_may_be_unknown_to_rql(five: Wms) -> None:
    assert five.references("(referenceNum==A1,referenceNum==A2)") == ["A1", "A2"]
    five.rule(rql_alternatives=False)
    query = {"rql": "(referenceNum==A1,referenceNum==A2)"}
    assert five.call("GET", "/orders", params=query).status_code == 400
    assert five.references("referenceNum==A1") == ["A1"]


def test_pages_are_numbered_from_one_and_have_the_total(five: Wms) -> None:
    pages = [five.call("GET", f"/orders?pgsiz=2&pgnum={number}").json() for number in (1, 2, 3, 4)]
    assert [page["totalResults"] for page in pages] == [5, 5, 5, 5]
    rows = [next(iter(page["_embedded"].values())) for page in pages]
    assert [[row["referenceNum"] for row in page] for page in rows] == [
        ["A1", "A2"],
        ["A3", "A4"],
        ["A5"],
        [],
    ]
    assert "next" in pages[0]["_links"]
    assert "next" not in pages[2]["_links"]
    assert pages[1]["_links"]["prev"]["href"].endswith("pgnum=1")


def test_a_page_size_above_the_maximum_is_refused_or_clamped_by_rule(five: Wms) -> None:
    assert five.call("GET", "/orders?pgsiz=1000").status_code == 200
    assert five.call("GET", "/orders?pgsiz=1001").status_code == 400
    five.rule(oversized_page="clamp", max_page_orders=2)
    assert len(five.found("", pgsiz=1001)) == 2


@pytest.mark.parametrize("params", [{"pgnum": "0"}, {"pgsiz": "0"}, {"pgnum": "x"}, {"detail": "Everything"}])
def test_an_invalid_parameter_is_refused(wms: Wms, params: dict[str, str]) -> None:
    assert wms.call("GET", "/orders", params=params).status_code == 400


def test_rows_are_sorted_as_requested(five: Wms) -> None:
    assert five.references("", sort="-readonly.creationDate") == ["A5", "A4", "A3", "A2", "A1"]
    assert five.references("", sort="readonly.lastModifiedDate")[-2:] == ["A2", "A3"]
    assert five.call("GET", "/orders?sort=gorp").status_code == 400


def test_an_order_that_changes_while_paging_moves_to_a_later_page(five: Wms) -> None:
    """The sort key changes, so a row after the reader's position moves before it."""
    first = five.references("", sort="readonly.lastModifiedDate", pgsiz=2, pgnum=1)
    five.clock.advance(60)
    five.control("POST", "/ship", {"references": ["A1"]})
    second = five.references("", sort="readonly.lastModifiedDate", pgsiz=2, pgnum=2)
    third = five.references("", sort="readonly.lastModifiedDate", pgsiz=2, pgnum=3)
    assert (first, second, third) == (["A1", "A4"], ["A2", "A3"], ["A1"])


def test_detail_decides_what_is_shown(five: Wms) -> None:
    (bare,) = five.found("referenceNum==A2")
    assert "_embedded" not in bare
    assert "packages" not in bare["readOnly"]
    (full,) = five.found("referenceNum==A2", detail="OrderItems,Packages")
    assert len(full["_embedded"][ITEM_REL]) == len(full["readOnly"]["packages"]) == 1


@pytest.mark.parametrize("accept", ["application/json", "*/*"])
def test_without_hal_names_are_pascal_case_in_a_resource_list(five: Wms, accept: str) -> None:
    five.http.headers["Accept"] = accept
    body = five.call("GET", "/orders?detail=All&rql=referenceNum==A2").json()
    (order,) = body["ResourceList"]
    assert set(body) == {"TotalResults", "ResourceList"}
    assert order["ReferenceNum"] == "A2"
    assert order["ReadOnly"]["IsClosed"] is True
    assert order["OrderItems"][0]["ItemIdentifier"]["Sku"] == "MUG"
    assert order["ReadOnly"]["Packages"][0]["PackageContents"][0]["Qty"] == 2.0


def test_a_new_order_is_in_lists_late_but_by_id_at_once(wms: Wms) -> None:
    wms.rule(list_visibility_seconds=30)
    order = wms.accepted("A1")
    assert wms.call("GET", f"/orders/{order['readOnly']['orderId']}").status_code == 200
    wms.clock.advance(29)
    assert wms.references("referenceNum==A1") == []
    assert wms.post("A1").status_code == 400
    wms.clock.advance(1)
    assert wms.references("referenceNum==A1") == ["A1"]


def test_timestamps_are_naive_and_in_the_time_zone_of_the_rule(wms: Wms) -> None:
    wms.accepted("A1")
    assert wms.found("")[0]["readOnly"]["creationDate"] == "2026-11-24T15:00:00"
    wms.rule(timestamps="facility-local")
    assert wms.found("")[0]["readOnly"]["creationDate"] == "2026-11-24T10:00:00"
    assert wms.references("readonly.lastModifiedDate=ge=2026-11-24T10:00:00") == ["A1"]
    assert wms.references("readonly.lastModifiedDate=gt=2026-11-24T10:00:00") == []


def test_latency_precedes_the_effect(wms: Wms) -> None:
    wms.rule(latency_seconds=30.0)
    with pytest.raises(requests.ReadTimeout):
        wms.http.post(f"{wms.url}/orders", json=wms.order("A1"), timeout=0.1)
    wms.rule(latency_seconds=0.0)
    assert wms.references("referenceNum==A1") == []


def test_the_journal_shows_the_query(wms: Wms) -> None:
    wms.found("referenceNum==A1")
    path: Any = wms.control("GET", "/journal?kind=request")["entries"][-1]["path"]
    assert path.startswith("/orders?rql=referenceNum")


@pytest.mark.parametrize("status", [400, 404, 414])
def test_a_query_that_is_too_long_for_the_web_server_is_refused(five: Wms, status: int) -> None:
    five.rule(long_query_status=str(status))
    assert five.call("GET", "/orders", params={"rql": f"referenceNum=={'A' * 2_000}"}).status_code == 200
    assert five.call("GET", "/orders", params={"rql": f"referenceNum=={'A' * 2_040}"}).status_code == status


@pytest.mark.parametrize("value", ["%2500", "%250A", "%257F", "%0A"])
def test_control_characters_in_a_query_are_refused_unless_the_rule_says_more(five: Wms, value: str) -> None:
    path = f"/orders?rql=referenceNum==A1{value}"
    assert five.call("GET", path).status_code == 400
    five.rule(rql_control_characters=True)
    assert five.call("GET", path).status_code == 200
