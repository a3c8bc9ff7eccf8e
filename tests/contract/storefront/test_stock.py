"""Stock is written in bulk, and every product and combination gets its own outcome."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from cartage.storefront import WriteOutcome
from cartage.storefront.stock import OptionStock
from cartage_sandbox.kernel.faults import Fault

if TYPE_CHECKING:
    from tests.contract.storefront.world import World

OpenWorld = Callable[..., "World"]
WRITTEN, REFUSED, UNKNOWN = WriteOutcome.WRITTEN, WriteOutcome.REFUSED, WriteOutcome.UNKNOWN


def stocked(world: World) -> World:
    rows: list[dict[str, Any]] = [{"SKUInfo": {"CatalogID": each, "SKU": f"S{each}"}} for each in range(1, 9)]
    rows[7]["AdvancedOptionList"] = [
        {"AdvancedOptionCode": f"{code}-9", "AdvancedOptionSufix": f"S8-{code}"} for code in (61, 62)
    ]
    with world.emulator.state.lock:
        world.emulator.state.stock(rows)
    return world


def options(*codes: str) -> Sequence[OptionStock]:
    return [OptionStock(code, f"S8-{code[:2]}", 7) for code in codes]


def test_each_product_has_its_outcome_in_any_order_of_the_results(open_world: OpenWorld) -> None:
    world = stocked(open_world(results_order="reversed"))
    results = world.client.stock.set_products({1: 5, 99: 3, 2: 4})
    assert {key: result.outcome for key, result in results.items()} == {1: WRITTEN, 99: REFUSED, 2: WRITTEN}
    assert results[99].gone
    assert len(world.requests()) == 1
    assert [world.emulator.state.goods.stock(each, "") for each in (1, 2)] == [5.0, 4.0]


def test_a_bulk_write_refused_as_a_whole_is_halved_until_the_faulty_product_is_alone(
    open_world: OpenWorld,
) -> None:
    world = stocked(open_world(bulk_bad_item="whole"))
    results = world.client.stock.set_products({1: 5, 99: 3, 2: 4, 3: 6})
    assert [result.outcome for result in results.values()].count(WRITTEN) == 3
    assert results[99].outcome is REFUSED


def test_what_a_lost_or_incomplete_response_does_not_name_is_unknown(open_world: OpenWorld) -> None:
    world = stocked(open_world(results_omit_every=2))
    results = world.client.stock.set_products({1: 5, 2: 4})
    assert [results[each].outcome for each in (1, 2)] == [WRITTEN, UNKNOWN]
    world.emulator.faults.add(Fault("PUT .*Products", "close", "after"))
    assert {
        set_product.outcome for set_product in world.client.stock.set_products({1: 1, 2: 2}).values()
    } == {UNKNOWN}


@pytest.mark.parametrize("key", ["AdvancedOptionCode", "CatalogID"])
def test_combinations_have_outcomes_by_code_or_all_the_outcome_of_their_product(
    open_world: OpenWorld, key: str
) -> None:
    world = stocked(open_world(option_results_key=key))
    results = world.client.stock.set_options(8, options("61-9", "62-9"))
    assert {code: result.outcome for code, result in results.items()} == {"61-9": WRITTEN, "62-9": WRITTEN}
    results = world.client.stock.set_options(8, options("61-9", "63-9"))
    assert results["63-9"].gone
    assert results["61-9"].ok is (key == "AdvancedOptionCode")
    assert len(world.requests()) == 2


def test_the_suffix_is_written_with_the_stock(open_world: OpenWorld) -> None:
    world = stocked(open_world(omitted_option_suffix="blanked"))
    world.client.stock.set_options(8, options("61-9"))
    assert [option.sku for option in world.client.stock.options(8)] == ["S8-61", "S8-62"]
    assert world.client.stock.options(99) == ()


def test_the_caller_can_stop_a_write_just_before_the_bytes_leave(open_world: OpenWorld) -> None:
    world = stocked(open_world())

    def too_late() -> None:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        world.client.stock.set_products({1: 5}, before=too_late)
    assert world.requests() == []
