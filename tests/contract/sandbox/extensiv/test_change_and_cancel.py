"""A single order: read, change, cancel, with ETags, and the states that forbid it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests

if TYPE_CHECKING:
    from tests.contract.sandbox.extensiv.conftest import Wms

REASON = {"reason": "Customer changed their mind"}


def path_of(order: dict[str, Any]) -> str:
    return f"/orders/{order['readOnly']['orderId']}"


def etag_of(wms: Wms, path: str) -> str:
    return wms.call("GET", path).headers["ETag"]


def cancel(wms: Wms, path: str, etag: str | None, body: Any = None) -> requests.Response:
    headers = {"If-Match": etag} if etag else {}
    return wms.call("POST", f"{path}/canceler", REASON if body is None else body, headers=headers)


def test_create_and_read_return_the_same_etag_until_something_changes(wms: Wms) -> None:
    response = wms.post("A1")
    path = path_of(response.json())
    assert etag_of(wms, path) == response.headers["ETag"]
    wms.control("POST", "/ship", {"references": ["A1"]})
    assert etag_of(wms, path) != response.headers["ETag"]


@pytest.mark.parametrize("path", ["/orders/999999", "/orders/none", "/orders/999999/packages"])
def test_a_missing_order_is_404(wms: Wms, path: str) -> None:
    assert wms.call("GET", path).status_code == 404


def test_the_api_cancels_an_open_order(wms: Wms) -> None:
    path = path_of(wms.accepted("A1"))
    response = cancel(wms, path, etag_of(wms, path))
    assert (response.status_code, response.content) == (204, b"")
    assert wms.call("GET", path).json()["readOnly"]["status"] == 2
    assert wms.control("GET", "/journal?kind=order.cancelled")["entries"][0]["key"] == "A1"


def test_the_latest_etag_is_required(wms: Wms) -> None:
    path = path_of(wms.accepted("A1"))
    old = etag_of(wms, path)
    assert cancel(wms, path, None).status_code == 428
    wms.call("PUT", path, wms.order("A1", notes="new"), headers={"If-Match": old})
    assert cancel(wms, path, old).status_code == 412
    assert wms.call("GET", path).json()["readOnly"]["status"] == 0


def test_a_cancel_requires_a_reason(wms: Wms) -> None:
    path = path_of(wms.accepted("A1"))
    response = cancel(wms, path, etag_of(wms, path), {})
    assert (response.status_code, response.json()["ErrorCode"]) == (400, "Required")


@pytest.mark.parametrize(("done", "code"), [("ship", "OrderConfirmed"), ("cancel", "OrderCanceled")])
def test_a_closed_or_cancelled_order_refuses_change_and_cancel(wms: Wms, done: str, code: str) -> None:
    path = path_of(wms.accepted("A1"))
    wms.control("POST", f"/{done}", {"references": ["A1"]})
    etag = etag_of(wms, path)
    for response in (
        cancel(wms, path, etag),
        wms.call("PUT", path, wms.order("A1"), headers={"If-Match": etag}),
    ):
        assert response.status_code == 403
        assert response.json()["$type"].startswith("WMS.V2.Generic.Models.Exceptions.OperationException")
        assert response.json()["ErrorCode"] == code


def test_a_rule_makes_every_cancel_fail(wms: Wms) -> None:
    wms.rule(cancel_refused="always")
    path = path_of(wms.accepted("A1"))
    response = cancel(wms, path, etag_of(wms, path))
    assert (response.status_code, response.json()["ErrorCode"]) == (403, "AlreadyCompleted")


def test_a_change_replaces_the_order_and_keeps_the_line_ids_of_items_that_stay(wms: Wms) -> None:
    first = wms.accepted("A1")
    path = path_of(first)
    lines = [{"itemIdentifier": {"sku": sku}, "qty": 1} for sku in ("HAT", "MUG")]
    response = wms.call(
        "PUT", path, wms.order("A1", notes="new", orderItems=lines), headers={"If-Match": etag_of(wms, path)}
    )
    assert response.status_code == 200
    (old,) = next(iter(first["_embedded"].values()))
    hat, mug = next(iter(response.json()["_embedded"].values()))
    assert mug["readOnly"]["orderItemId"] == old["readOnly"]["orderItemId"] != hat["readOnly"]["orderItemId"]
    assert wms.call("GET", path).json()["notes"] == "new"


def test_a_change_without_lines_leaves_the_lines(wms: Wms) -> None:
    path = path_of(wms.accepted("A1"))
    wms.call("PUT", path, wms.order("A1", orderItems=None), headers={"If-Match": etag_of(wms, path)})
    assert wms.control("GET", "/orders")["orders"][0]["lines"] == [{"sku": "MUG", "qty": 2}]


def test_a_change_may_not_use_the_reference_of_another_order(wms: Wms) -> None:
    wms.accepted("A1")
    path = path_of(wms.accepted("A2"))
    response = wms.call("PUT", path, wms.order("A1"), headers={"If-Match": etag_of(wms, path)})
    assert (response.status_code, response.json()["ErrorCode"]) == (400, "Duplicate")


def test_a_changed_reference_is_found_by_its_new_name_only(wms: Wms) -> None:
    path = path_of(wms.accepted("A1"))
    wms.call("PUT", path, wms.order("B1"), headers={"If-Match": etag_of(wms, path)})
    assert wms.references("referenceNum==B1,referenceNum==A1") == ["B1"]


def test_a_rule_renames_a_cancelled_order_and_frees_its_reference(wms: Wms) -> None:
    wms.rule(cancelled_reference="renamed")
    order = wms.accepted("A1")
    path = path_of(order)
    assert cancel(wms, path, etag_of(wms, path)).status_code == 204
    number = order["readOnly"]["orderId"]
    assert wms.call("GET", path).json()["referenceNum"] == f"A1-CANCELED-{number}"
    assert wms.references("referenceNum==A1*") == [f"A1-CANCELED-{number}"]
    wms.accepted("A1")
