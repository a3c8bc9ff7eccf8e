"""The token: kept, renewed before it expires, fetched once for all threads, failures shared."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from cartage.errors import AuthFailed
from cartage.warehouses.api.tokens import AccessToken, TokenSource


class Desk:
    """Issue numbered tokens on a clock that tests advance."""

    def __init__(self, life: float | None = 3600.0) -> None:
        self.now, self.life, self.fetches = 0.0, life, 0
        self.before: Callable[[], None] = lambda: None
        self.source = TokenSource(self.fetch, lambda: self.now)

    def fetch(self) -> AccessToken:
        self.fetches += 1
        self.before()
        return AccessToken.of(str(self.fetches), self.life, self.now, longest=1800.0)


def test_a_token_is_kept_until_it_is_due() -> None:
    desk = Desk()
    assert desk.source.current() is desk.source.current()
    assert desk.fetches == 1
    assert desk.source.current().header == "Bearer 1"


@pytest.mark.parametrize(
    ("life", "kept", "renewed"),
    [
        (3600.0, 1679.0, 1681.0),  # at least every 30 minutes, less the margin
        (600.0, 539.0, 541.0),  # a tenth of its life early
        (None, 1679.0, 1681.0),  # the response does not say
    ],
)
def test_a_token_is_renewed_before_it_expires(life: float | None, kept: float, renewed: float) -> None:
    desk = Desk(life)
    desk.source.current()
    desk.now = kept
    desk.source.current()
    assert desk.fetches == 1
    desk.now = renewed
    desk.source.current()
    assert desk.fetches == 2


def test_a_rejected_token_is_replaced_once_for_all_threads() -> None:
    desk = Desk()
    rejected = desk.source.current()
    waiting = threading.Barrier(8)

    def renew(_: int) -> AccessToken:
        waiting.wait(5)
        return desk.source.replacement_of(rejected)

    with ThreadPoolExecutor(8) as pool:
        tokens = set(pool.map(renew, range(8)))
    assert desk.fetches == 2
    assert tokens == {desk.source.current()}


def test_threads_that_wait_for_a_failed_fetch_fail_with_it() -> None:
    desk = Desk()
    entered, others = threading.Event(), threading.Event()

    def fail() -> None:
        entered.set()
        assert others.wait(5)
        raise AuthFailed("Extensiv", "POST token", "refused")

    desk.before = fail
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(desk.source.current)
        assert entered.wait(5)
        second = pool.submit(desk.source._fetched, desk.source._fetches)
        others.set()
        for future in (first, second):
            with pytest.raises(AuthFailed):
                future.result(5)
    assert desk.fetches <= 2


def test_after_a_failure_the_next_call_tries_again() -> None:
    desk = Desk()

    def fail() -> None:
        raise AuthFailed("Extensiv", "POST token", "refused")

    desk.before = fail
    with pytest.raises(AuthFailed):
        desk.source.current()
    desk.before = lambda: None
    assert desk.source.current().header == "Bearer 2"


def test_the_repr_of_a_token_does_not_show_it() -> None:
    assert "abc" not in repr(AccessToken.of("abc", 60, 0, longest=60))
