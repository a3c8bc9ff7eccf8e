"""The warehouse's response to each attempt is kept with it, whatever became of the order."""

from __future__ import annotations

import json
from contextlib import nullcontext
from typing import Any

import pytest
from sqlalchemy import event

from cartage.errors import RateLimited
from cartage.model.documents import request_from
from cartage.redaction import MASK
from cartage_sandbox.extensiv import DEFAULT_CREDENTIAL
from tests.contract.world import World

POST_ORDERS = "POST .*/orders$"


def attempt(world: World) -> Any:
    """Send what is ready; return the attempt that was made."""
    world.go("settle_outcomes", "transfer_to_warehouse")
    [row] = world.rows("SELECT outcome, response_status, response, found, error FROM transfer")
    return row


@pytest.fixture
def ready(world: World) -> int:
    [order_id] = world.place()
    world.go("import_orders", "validate_mappings")
    return order_id


def test_the_response_to_an_accepted_order_is_kept_unchanged(world: World, ready: int) -> None:
    row = attempt(world)
    assert (row.outcome, row.response_status) == ("created", 201)
    [there] = list(world.shop.warehouse.state.book)
    responded = json.loads(row.response)
    assert responded["readOnly"]["orderId"] == there.order_id
    assert responded["referenceNum"] == world.reference_of(ready)


def test_a_refusal_is_kept_in_the_words_of_the_warehouse(world: World, ready: int) -> None:
    body = '{"ErrorCode": "Invalid", "Hint": "we are closed on Fridays"}'
    world.warehouse_fault(POST_ORDERS, "status", status=400, body=body)
    row = attempt(world)
    assert (row.outcome, row.response_status, row.response) == ("refused", 400, body)


@pytest.mark.parametrize(("status", "outcome"), [(502, "unknown"), (429, "not_sent")])
def test_a_response_that_settles_nothing_is_kept_too(
    world: World, ready: int, status: int, outcome: str
) -> None:
    world.warehouse_fault(POST_ORDERS, "status", status=status, body="<h1>Bad day</h1>", nth=0)
    with nullcontext() if outcome == "unknown" else pytest.raises(RateLimited):
        world.go("settle_outcomes", "transfer_to_warehouse")
    row = world.rows("SELECT outcome, response_status, response FROM transfer ORDER BY id")[0]
    assert (row.outcome, row.response_status, row.response) == (outcome, status, "<h1>Bad day</h1>")


def test_without_a_response_none_is_kept_but_what_was_found_later_is(world: World, ready: int) -> None:
    world.warehouse_fault(POST_ORDERS, "reset", "after")
    row = attempt(world)
    assert (row.outcome, row.response_status, row.response, row.found) == ("unknown", None, None, None)
    world.wait_out()
    row = attempt(world)
    assert (row.outcome, row.response) == ("found", None)
    [found] = row.found
    [there] = list(world.shop.warehouse.state.book)
    assert (found["remote_id"], found["reference"]) == (str(there.order_id), world.reference_of(ready))
    assert found["ship_to"]["zip_code"] == there.document["shipTo"]["zip"]


def test_a_response_about_an_order_that_was_there_already_is_kept(world: World, ready: int) -> None:
    [row] = world.rows("SELECT request FROM fulfillment_order")
    context = world.context("transfer_to_warehouse")
    context.warehouse.submit(request_from(row.request))
    context.close()
    row = attempt(world)
    assert (row.outcome, row.response_status) == ("already_exists", 400)
    assert "Duplicate" in row.response


def test_an_unstorable_response_or_one_with_our_secret_costs_no_outcome(world: World, ready: int) -> None:
    secret = DEFAULT_CREDENTIAL.client_secret
    world.warehouse_fault(
        POST_ORDERS, "status", status=422, body=f'{{"you": "{secret}"}}\x00 4111111111111111'
    )
    row = attempt(world)
    assert (row.outcome, row.response) == ("refused", f'{{"you": "{MASK}"}} {MASK}')


def test_the_response_is_written_by_the_statement_that_records_the_outcome(world: World, ready: int) -> None:
    statements: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        if "UPDATE transfer" in statement:
            statements.append(statement)

    event.listen(world.ledger.engine, "before_cursor_execute", note)
    assert attempt(world).response
    event.remove(world.ledger.engine, "before_cursor_execute", note)
    assert len(statements) == 2  # the dispatch, and the outcome
