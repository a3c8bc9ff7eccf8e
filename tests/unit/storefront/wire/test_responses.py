from __future__ import annotations

import json
from typing import Any

import pytest

from cartage.http.lenient import parse_body
from cartage.storefront.results import WriteOutcome, outcomes
from cartage.storefront.wire.responses import error_in, message_in, results


def result(
    value: object, status: object = "200", key: str = "OrderID", message: str = "updated"
) -> dict[str, Any]:
    return {"Key": key, "Value": value, "Status": status, "Message": message}


@pytest.mark.parametrize(
    "body",
    [
        [
            {
                "Key": "Error",
                "Value": "",
                "Status": "400",
                "Message": "Offset amount exceeds the total number of records",
            }
        ],
        {"Key": "error", "Value": None, "Status": 400, "Message": "offset amount exceeds the total"},
    ],
)
def test_past_the_end_is_recognised_by_its_message(body: Any) -> None:
    found = error_in(body)
    assert found is not None
    assert found.past_the_end
    assert found.status == 400


@pytest.mark.parametrize(
    "body", [None, [], {}, [None], "text", [{"OrderID": 1, "Key": "Error", "Status": 1}], [result(1)]]
)
def test_a_body_without_an_error_is_not_an_error(body: Any) -> None:
    assert error_in(body) is None


def test_a_refusals_message_is_read_in_both_shapes_and_shortened() -> None:
    assert message_in([result("", "401", "Error", "no\r\nscope")]) == "no scope"
    assert message_in({"Message": "Authorization has been denied"}) == "Authorization has been denied"
    assert message_in(None) == message_in("<html>") == message_in([1]) == ""
    assert len(message_in({"Message": "x" * 10_000})) == 200


def test_results_are_matched_by_value_never_by_position() -> None:
    found = outcomes(
        [1, 2, 3], results([result("3"), result(1), result("2", 404, message="OrderID not found")])
    )
    assert [found[order_id].outcome for order_id in (1, 2, 3)] == [
        WriteOutcome.WRITTEN,
        WriteOutcome.REFUSED,
        WriteOutcome.WRITTEN,
    ]
    assert (found[2].status, found[2].message) == (404, "OrderID not found")


def test_an_order_that_no_result_names_is_unknown() -> None:
    found = outcomes([1, 2], results([result("1"), result("99"), result(""), result(None)]))
    assert found.keys() == {1, 2}
    assert found[2].outcome is WriteOutcome.UNKNOWN


@pytest.mark.parametrize("status", ["", None, "500", "OK", 0, 302, "20000"])
def test_a_status_that_proves_nothing_is_unknown(status: object) -> None:
    assert outcomes([1], results([result("1", status)]))[1].outcome is WriteOutcome.UNKNOWN


@pytest.mark.parametrize("order", [("200", "404"), ("404", "200")])
def test_the_worse_of_two_results_for_an_order_counts(order: tuple[str, str]) -> None:
    found = outcomes([1], results([result("1", status) for status in order]))
    assert found[1].outcome is WriteOutcome.REFUSED


def test_results_survive_a_round_trip_as_text() -> None:
    body = json.dumps([result("47620", "200", message="updated successfully")]).encode()
    (found,) = results(parse_body(body))
    assert (found.key, found.value, found.status, found.message) == (
        "OrderID",
        "47620",
        200,
        "updated successfully",
    )
