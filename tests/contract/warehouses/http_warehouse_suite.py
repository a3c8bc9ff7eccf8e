"""Further tests for connectors that use HTTP with a token: rate limits, tokens, permissions, strange responses."""

from __future__ import annotations

from abc import abstractmethod
from datetime import timedelta
from decimal import Decimal
from typing import ClassVar

import pytest

from cartage.errors import (
    AuthFailed,
    MalformedResponse,
    OutcomeUnknown,
    PermissionDenied,
    RateLimited,
    RemoteError,
)
from cartage.model.orders import RequestLine
from cartage.warehouses.contract import SubmitOutcome, Warehouse
from tests.contract.warehouses.api_suite import ApiSuite
from tests.contract.warehouses.harness import Harness, Mishap
from tests.contract.warehouses.warehouse_suite import REFERENCE, order


class HttpHarness(Harness):
    """A sandbox that serves HTTP."""

    # Whether the response to a submit says which order it made.
    response_names_the_order: ClassVar[bool] = True

    @abstractmethod
    def throttle_next_submit(self, retry_after: int) -> None:
        """Answer the next submit with 429."""

    @abstractmethod
    def throttle_next_search(self) -> None:
        """Answer the next search with 429 and no wait."""

    @abstractmethod
    def token_life(self) -> timedelta:
        """Set how long a token is accepted."""

    @abstractmethod
    def accept_no_token(self) -> None:
        """Answer everything except sign-in with 401."""

    @abstractmethod
    def take_the_right_to_submit(self) -> None:
        """Answer submits with 403."""

    @abstractmethod
    def garble_searches(self) -> None:
        """Answer every search with a page that is not a valid response."""

    @abstractmethod
    def fail_next_search(self) -> None:
        """Answer the next search with 503."""

    @abstractmethod
    def submits(self) -> int:
        """The oracle: return how many submits were received."""


class HttpWarehouseSuite(ApiSuite):
    """Derive from this class if the connector uses HTTP."""

    def test_a_rate_limited_submit_had_no_effect_and_is_not_repeated(
        self, warehouse: Warehouse, harness: HttpHarness
    ) -> None:
        harness.throttle_next_submit(7)
        with pytest.raises(RateLimited) as caught:
            warehouse.submit(order())
        assert caught.value.retry_after == 7
        assert caught.value.response and caught.value.response.status == 429
        assert harness.submits() == 1
        assert warehouse.submit(order()).outcome is SubmitOutcome.CREATED
        assert harness.made(REFERENCE) == 1

    def test_the_response_to_a_submit_is_kept_as_received(
        self, warehouse: Warehouse, harness: HttpHarness
    ) -> None:
        made = warehouse.submit(order())
        assert made.response and made.response.status in {200, 201, 202}
        assert made.response.body
        if harness.response_names_the_order:
            assert REFERENCE in made.response.body and made.remote_id in made.response.body
        before = harness.submits()
        with pytest.raises(RemoteError) as refused:
            warehouse.submit(order("A3_2_0", lines=(RequestLine(71, "NO-SUCH", Decimal(1)),)))
        response = refused.value.response
        # A connector may know before it sends anything. Then there is no response.
        assert response is None if harness.submits() == before else response and (response.status or 0) >= 400
        for mishap, responded in (
            (Mishap.RESPONSE_ERROR, True),
            (Mishap.RESPONSE_GARBAGE, True),
            (Mishap.RESPONSE_CUT, False),
        ):
            harness.go_wrong(mishap)
            with pytest.raises(OutcomeUnknown) as lost:
                warehouse.submit(order(f"A3_{mishap.value}_1"))
            assert bool(lost.value.response) is responded, mishap

    def test_a_rate_limited_search_is_repeated(self, warehouse: Warehouse, harness: HttpHarness) -> None:
        warehouse.submit(order())
        harness.throttle_next_search()
        assert len(warehouse.find(REFERENCE)) == 1

    def test_a_token_that_expires_in_a_batch_loses_and_duplicates_nothing(
        self, warehouse: Warehouse, harness: HttpHarness
    ) -> None:
        references = [f"A3_{number}_0" for number in range(6)]
        for reference in references:
            assert warehouse.submit(order(reference)).outcome is SubmitOutcome.CREATED
            harness.advance(harness.token_life() / 2 + timedelta(seconds=1))
        assert [harness.made(reference) for reference in references] == [1] * 6

    def test_tokens_that_are_never_accepted_end_in_an_error_about_the_credentials(
        self, warehouse: Warehouse, harness: HttpHarness
    ) -> None:
        harness.accept_no_token()
        with pytest.raises(AuthFailed) as caught:
            warehouse.submit(order())
        assert caught.value.fix
        assert harness.submits() <= 2
        assert harness.made(REFERENCE) == 0

    def test_a_missing_permission_is_distinguished_from_a_refused_order(
        self, warehouse: Warehouse, harness: HttpHarness
    ) -> None:
        harness.take_the_right_to_submit()
        with pytest.raises(PermissionDenied):
            warehouse.submit(order())
        assert harness.held() == []

    def test_a_response_that_is_not_one_is_never_read_as_absent(
        self, warehouse: Warehouse, harness: HttpHarness
    ) -> None:
        warehouse.submit(order())
        harness.garble_searches()
        with pytest.raises(MalformedResponse):
            warehouse.find(REFERENCE)

    def test_a_search_that_fails_once_is_repeated(self, warehouse: Warehouse, harness: HttpHarness) -> None:
        warehouse.submit(order())
        harness.fail_next_search()
        assert len(warehouse.find(REFERENCE)) == 1
