"""An application signs in at ShipBob: tokens end, refresh tokens may be replaced, processes share them in a file."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from cartage.errors import AuthFailed
from cartage.warehouses.contract import SubmitOutcome, Warehouse
from cartage.warehouses.registry import open_warehouse
from tests.contract.warehouses.shipbob_harness import SETTINGS, ShipBobHarness
from tests.contract.warehouses.warehouse_suite import SKUS, order


@pytest.fixture(params=[True, False], ids=["replaced", "kept"])
def harness(request: pytest.FixtureRequest) -> Iterator[ShipBobHarness]:
    """A sandbox whose refresh tokens are replaced at each use, or not."""
    with ShipBobHarness(sign_in="oauth", refresh_token_replaced=request.param) as harness:
        harness.seed(SKUS)
        yield harness


def opened(harness: ShipBobHarness, **extra: Any) -> Warehouse:
    """Return the connector as another process would build it."""
    return open_warehouse("shipbob", harness.connection(extra=extra), SETTINGS)


def test_a_token_that_ends_is_replaced_and_nothing_is_lost(harness: ShipBobHarness) -> None:
    with closing(opened(harness)) as warehouse:
        for number in range(4):
            assert warehouse.submit(order(f"A3_{number}_0")).outcome is SubmitOutcome.CREATED
            harness.advance(harness.token_life())
    assert [harness.made(f"A3_{number}_0") for number in range(4)] == [1] * 4
    assert len(harness.effects("token.issued")) == 4


def test_threads_share_one_token_even_when_it_is_revoked(harness: ShipBobHarness) -> None:
    with closing(opened(harness)) as warehouse:
        warehouse.submit(order())
        harness.emulator.tokens.revoke_all()
        with ThreadPoolExecutor(8) as pool:
            outcomes = set(
                pool.map(lambda number: warehouse.submit(order(f"B_{number}_0")).outcome, range(24))
            )
    assert outcomes == {SubmitOutcome.CREATED}
    assert len(harness.effects("token.issued")) == 2


def test_processes_share_the_newest_tokens_in_a_file_for_its_owner_alone(
    harness: ShipBobHarness, tmp_path: Path
) -> None:
    file = tmp_path / "shipbob.json"
    for number in range(3):
        with closing(opened(harness, grant_file=str(file))) as warehouse:
            assert warehouse.submit(order(f"A3_{number}_0")).outcome is SubmitOutcome.CREATED
    assert len(harness.effects("token.issued")) == 1
    harness.advance(harness.token_life())
    with closing(opened(harness, grant_file=str(file))) as warehouse:
        assert warehouse.check().ok
    assert len(harness.effects("token.issued")) == 2
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_without_the_file_a_replaced_token_stops_the_second_process_with_a_fix(
    harness: ShipBobHarness,
) -> None:
    with closing(opened(harness)) as first, closing(opened(harness)) as second:
        assert first.check().ok
        if not harness.emulator.rules.flag("refresh_token_replaced"):
            assert second.check().ok
            return
        with pytest.raises(AuthFailed, match="personal access token"):
            second.find("A3_1_0")
    assert harness.made("A3_1_0") == 0


def test_another_refresh_token_in_the_connection_makes_the_file_begin_again(
    harness: ShipBobHarness, tmp_path: Path
) -> None:
    file = tmp_path / "shipbob.json"
    with closing(opened(harness, grant_file=str(file))) as warehouse:
        assert warehouse.check().ok
    with closing(opened(harness, grant_file=str(file), refresh_token="another-refresh-token")) as wrong:
        with pytest.raises(AuthFailed, match="invalid_grant"):
            wrong.find("A3_1_0")
        assert [finding.ok for finding in wrong.inspect()] == [False]


def test_a_file_that_cannot_be_written_is_named(harness: ShipBobHarness, tmp_path: Path) -> None:
    with (
        closing(opened(harness, grant_file=str(tmp_path / "missing" / "shipbob.json"))) as warehouse,
        pytest.raises(AuthFailed, match="Grant file"),
    ):
        warehouse.find("A3_1_0")


def test_a_damaged_file_is_as_good_as_none(harness: ShipBobHarness, tmp_path: Path) -> None:
    file = tmp_path / "shipbob.json"
    file.write_text('{"descends_from": ', encoding="utf-8")
    with closing(opened(harness, grant_file=str(file))) as warehouse:
        assert warehouse.check().ok
