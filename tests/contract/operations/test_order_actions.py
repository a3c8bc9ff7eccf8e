"""An operator action stands, whatever the store lists; and a run does the jobs that were started at the desk."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml

from cartage.errors import LedgerError, SettingsError
from cartage.lifecycle.transitions import By
from cartage.mappings.documents import rule_document
from cartage.mappings.rules import MethodRule, Part, SkuRule
from cartage.model.orders import ShipMethod
from cartage.operations import order_actions as by_hand
from cartage.operations.jobs import run_job
from cartage.operations.repo import jobs
from cartage.operations.repo.jobs import JobKind
from cartage.warehouses.repo.offers import keep_offered_ship_methods
from tests.contract.world import World

ANN = By("ann", "desk/1")
MakeWorld = Callable[..., World]


def fulfillment_id(world: World, order_id: int) -> int:
    found = world.rows("SELECT id FROM fulfillment_order WHERE order_id = :order_id", order_id=order_id)
    return int(found[0].id)


def do(world: World, action: Callable[..., None], order_id: int, *more: Any) -> None:
    with world.ledger.begin() as connection:
        action(connection, "demo", fulfillment_id(world, order_id), *more, ANN)


def test_a_skipped_order_stays_skipped_though_the_store_lists_and_changes_it(
    world: World,
) -> None:
    [order_id] = world.place()
    world.go("import_orders")
    do(world, by_hand.skip_order, order_id, "sold over the counter")
    world.shop.store.edit(order_id, CustomerComments="please hurry")
    world.go("import_orders", "validate_mappings", "settle_outcomes", "transfer_to_warehouse")
    assert world.state_of(order_id) == ["skipped"]
    assert world.references() == {}


def test_a_skipped_order_that_a_person_retries_is_shipped_once(world: World) -> None:
    [order_id] = world.place()
    world.go("import_orders")
    do(world, by_hand.skip_order, order_id, "to be looked at")
    do(world, by_hand.retry_order, order_id)
    world.go("import_orders", "validate_mappings", "settle_outcomes", "transfer_to_warehouse")
    assert world.state_of(order_id) == ["acknowledged"]
    assert list(world.references().values()) == [1]


def test_a_restarted_order_is_read_again_before_it_is_sent(world: World) -> None:
    [order_id] = world.place("unmapped_method")
    world.go("import_orders", "validate_mappings")
    assert world.state_of(order_id) == ["blocked"]
    do(world, by_hand.restart_order, order_id)
    world.amend(order_id, shipment={"ShipmentMethodName": "UPS Ground"})
    world.go("settle_outcomes", "transfer_to_warehouse", sweep=False)
    assert world.references() == {}
    world.go("import_orders", "validate_mappings", "settle_outcomes", "transfer_to_warehouse")
    assert world.state_of(order_id) == ["acknowledged"]


def test_a_restarted_order_that_left_the_import_status_is_not_sent(world: World) -> None:
    [order_id] = world.place()
    world.go("import_orders", "validate_mappings")
    do(world, by_hand.restart_order, order_id)
    world.shop.store.edit(order_id, OrderStatusID=5)
    world.go("validate_mappings", "settle_outcomes", "transfer_to_warehouse", sweep=False)
    assert world.state_of(order_id) == ["skipped"]
    assert world.references() == {}


def test_a_restarted_order_that_rules_skipped_is_imported_by_the_present_rules(
    make_world: MakeWorld,
) -> None:
    world = make_world(store={"zero_value": "skip"})
    [order_id] = world.place(OrderAmount=0)
    world.go("import_orders")
    assert world.state_of(order_id) == ["skipped"]
    do(world, by_hand.restart_order, order_id)
    world.go("import_orders")
    assert world.state_of(order_id) == ["skipped"]


def test_a_job_of_the_desk_is_done_once_and_its_result_kept(world: World) -> None:
    [order_id] = world.place("unmapped_method")
    world.go("import_orders", "validate_mappings")
    world.settings["ship_methods"].append(
        {"store": "Ground (5-7 days)", "carrier": "UPS", "service": "Ground"}
    )
    with world.ledger.begin() as connection:
        job_id = jobs.request_job(connection, "demo", JobKind.RELEASE, "ann", {})
    context = world.context("run_job")
    assert run_job(context, job_id)["ready"] == 1
    assert world.state_of(order_id) == ["ready"]
    assert run_job(context, job_id) == {}
    with world.ledger.begin() as connection:
        found = jobs.get_job(connection, "demo", job_id)
    assert found is not None and found.finished_at is not None
    assert found.outcome["ready"] == 1
    with pytest.raises(LedgerError, match="no job 999"):
        run_job(context, 999)
    context.close()


def test_a_job_that_fails_says_why(world: World) -> None:
    [order_id] = world.place()
    world.go("import_orders")
    with world.ledger.begin() as connection:
        job_id = jobs.request_job(connection, "demo", JobKind.RELEASE, "ann", {})
    world.warehouse_fault("GET .*/items", "status", status=503, nth=0)
    context = world.context("run_job")
    with pytest.raises(Exception, match="503"):
        run_job(context, job_id)
    context.close()
    with world.ledger.begin() as connection:
        found = jobs.get_job(connection, "demo", job_id)
    assert found is not None and "503" in found.failure
    assert world.state_of(order_id) == ["imported"]


def test_a_job_that_was_stopped_is_started_again(world: World) -> None:
    world.place("unmapped_method")
    world.go("import_orders")
    with world.ledger.begin() as connection:
        job_id = jobs.request_job(connection, "demo", JobKind.RELEASE, "ann", {})
    context = world.context("run_job")
    context.stop.set()
    run_job(context, job_id)
    context.stop.clear()
    assert run_job(context, job_id)["validated"] == 1
    context.close()


def ask(world: World, kind: JobKind, *, upload: Any = None, **wanted: Any) -> jobs.Job:
    """Run a job and return it as it ended."""
    with world.ledger.begin() as connection:
        job_id = jobs.request_job(connection, "demo", kind, "ann", wanted, upload=upload)
    context = world.context("run_job")
    try:
        with suppress(SettingsError):
            run_job(context, job_id)
    finally:
        context.close()
    with world.ledger.begin() as connection:
        found = jobs.get_job(connection, "demo", job_id)
    assert found is not None
    return found


def file(*lines: str) -> dict[str, Any]:
    text = "\n".join(["kind,store,carrier,service,item,quantity", *lines])
    return {"upload": text.encode(), "name": "rules.csv"}


def test_a_mapping_file_is_tried_backtested_and_saved_by_its_author(make_world: MakeWorld) -> None:
    world = make_world(mappings="ledger", ship_methods=[])
    ids = world.place("unmapped_method", count=3)
    world.go("import_orders", "validate_mappings")
    wanted = file("ship_method,Ground (5-7 days),UPS,Ground,,")
    tried = ask(world, JobKind.TRY_MAPPINGS, **wanted)
    assert (tried.outcome["changes"], tried.outcome["counts"]) == (1, {"released": 3})
    assert world.states() == {"blocked": 3}
    assert ask(world, JobKind.BACKTEST, **wanted, days=2).outcome["counts"] == {"released": 3}
    saved = ask(world, JobKind.SAVE_MAPPINGS, **wanted, seen=tried.outcome["seen"])
    assert saved.outcome["ready"] == 3
    again = ask(world, JobKind.SAVE_MAPPINGS, **wanted, seen=tried.outcome["seen"])
    assert (again.failure, again.outcome["words"]) == ("", [])
    assert [row.author for row in world.rows("SELECT author FROM mapping_rule")] == ["ann"]
    assert len(world.rows("SELECT FROM desk_upload")) == 1, "four jobs worked on one copy of the file"
    world.go("settle_outcomes", "transfer_to_warehouse")
    assert {state for id_ in ids for state in world.state_of(id_)} == {"acknowledged"}


def test_a_mapping_file_with_bad_rows_is_refused_and_each_row_is_named(make_world: MakeWorld) -> None:
    world = make_world(mappings="ledger", ship_methods=[])
    bad = file(
        "ship_method,Ground,,,,", "sku,MUG-6,,,MUG,none", "parcel,X,,,,", "ship_method,Air,UPS,Next Day,,"
    )
    found = ask(world, JobKind.SAVE_MAPPINGS, **bad)
    for row in (2, 3, 4):
        assert f"row {row}, column" in found.failure
    assert "row 5" not in found.failure
    assert world.rows("SELECT FROM mapping_rule") == []


def test_a_trial_and_a_backtest_of_a_file_with_bad_rows_show_what_the_sound_ones_would_do(
    make_world: MakeWorld,
) -> None:
    world = make_world(mappings="ledger", ship_methods=[])
    world.place("unmapped_method", count=2)
    world.go("import_orders", "validate_mappings")
    wanted = file("ship_method,Ground (5-7 days),UPS,Ground,,", "sku,8.94E+12,,,MUG,1", "sku,X,,,#N/A,none")
    for kind in (JobKind.TRY_MAPPINGS, JobKind.BACKTEST):
        found = ask(world, kind, **wanted, days=2)
        assert (found.failure, found.outcome["counts"]) == ("", {"released": 2})
        assert found.outcome["bad_rows"] == 2
        places = ["row 3, column store (B)", "row 4, column item (E)", "row 4, column quantity (F)"]
        assert [line.partition(":")[0] for line in found.outcome["mistakes"]] == places


def test_a_row_that_names_an_unoffered_service_fails_no_trial_of_its_file(make_world: MakeWorld) -> None:
    world = make_world(mappings="ledger", ship_methods=[])
    world.place("unmapped_method", count=2)
    world.go("import_orders", "validate_mappings")
    context = world.context("validate_mappings")
    with world.ledger.begin() as connection:
        keep_offered_ship_methods(connection, context.account, [ShipMethod("UPS", "Ground")])
    context.close()
    wanted = file("ship_method,Ground (5-7 days),UPS,Ground,,", "ship_method,Moon,UPS,Rocket,,")
    for kind in (JobKind.TRY_MAPPINGS, JobKind.BACKTEST):
        found = ask(world, kind, **wanted, days=2)
        assert (found.failure, found.outcome["counts"], found.outcome["bad_rows"]) == ("", {"released": 2}, 1)
        [mistake] = found.outcome["mistakes"]
        assert mistake.startswith(
            "row 3, column service (D): the warehouse offers no service 'Rocket' of UPS"
        )
    assert "row 3, column service" in ask(world, JobKind.SAVE_MAPPINGS, **wanted).failure
    assert world.rows("SELECT FROM mapping_rule") == []
    forced = ask(world, JobKind.SAVE_MAPPINGS, **wanted, forced="they start on Monday")
    assert (forced.failure, forced.outcome["ready"]) == ("", 2)


GROUND = MethodRule("Ground (5-7 days)", ShipMethod("UPS", "Ground"))


def test_a_single_rule_is_previewed_on_waiting_orders_and_on_the_last_days(
    make_world: MakeWorld,
) -> None:
    world = make_world(mappings="ledger", ship_methods=[])
    world.place("unmapped_method", count=3)
    world.go("import_orders", "validate_mappings")
    wanted = {"put": [rule_document(GROUND)], "note": "by telephone"}
    tried = ask(world, JobKind.PREVIEW_RULE, **wanted, days=2)
    assert (tried.outcome["changes"], tried.outcome["counts"]) == (1, {"released": 3})
    assert tried.outcome["backtest"]["days"] == 2
    assert tried.outcome["backtest"]["counts"] == {"released": 3}
    assert tried.done == 6
    assert world.rows("SELECT FROM mapping_rule") == []
    assert world.states() == {"blocked": 3}
    saved = ask(world, JobKind.SAVE_MAPPINGS, **wanted, seen=tried.outcome["seen"])
    assert saved.outcome["ready"] == 3
    assert [(row.author, row.note) for row in world.rows("SELECT author, note FROM mapping_rule")] == [
        ("ann", "by telephone")
    ]


def test_a_backtest_includes_orders_that_were_sent(make_world: MakeWorld) -> None:
    world = make_world(mappings="ledger", ship_methods=[])
    world.place("unmapped_method", count=2)
    world.go("import_orders", "validate_mappings")
    ask(world, JobKind.SAVE_MAPPINGS, put=[rule_document(GROUND)], seen="0.0")
    world.go("settle_outcomes", "transfer_to_warehouse")
    other = MethodRule(GROUND.store, ShipMethod("FedEx", "Home"))
    tried = ask(world, JobKind.PREVIEW_RULE, put=[rule_document(other)], days=2, forced="a new service")
    assert (tried.outcome["validated"], tried.outcome["counts"]) == (0, {})
    assert tried.outcome["backtest"]["counts"] == {"altered": 2}
    [*_, example] = tried.outcome["backtest"]["examples"]
    assert example["after"] == "ship method UPS Ground (03) -> FedEx Home"


def test_dropping_a_rule_is_previewed_and_saved_too(make_world: MakeWorld) -> None:
    world = make_world(mappings="ledger", ship_methods=[])
    world.place("unmapped_method")
    world.go("import_orders", "validate_mappings")
    ask(world, JobKind.SAVE_MAPPINGS, put=[rule_document(GROUND)], seen="0.0")
    drop = {"drop": [["ship method", GROUND.store]], "days": 2}
    tried = ask(world, JobKind.PREVIEW_RULE, **drop)
    assert tried.outcome["counts"] == {"blocked": 1}
    ask(world, JobKind.SAVE_MAPPINGS, **drop, seen=tried.outcome["seen"])
    assert [row.ended_by for row in world.rows("SELECT ended_by FROM mapping_rule")] == ["ann"]
    again = ask(world, JobKind.PREVIEW_RULE, drop=[["SKU", "none"]], days=2)
    assert "has no rule to drop" in again.failure


def test_a_previewed_change_does_not_overwrite_somebody_elses(make_world: MakeWorld) -> None:
    world = make_world(mappings="ledger", ship_methods=[])
    rule = {"put": [rule_document(SkuRule("MUG-6", (Part("MUG", 6),)))]}
    tried = ask(world, JobKind.PREVIEW_RULE, **rule, days=2)
    ask(world, JobKind.SAVE_MAPPINGS, put=[rule_document(GROUND)], seen="0.0")
    with pytest.raises(LedgerError, match="changed meanwhile"):
        ask(world, JobKind.SAVE_MAPPINGS, **rule, seen=tried.outcome["seen"])


def test_a_lane_with_its_mappings_in_a_file_gets_its_preview_with_or_without_a_patch(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.place("unmapped_method")
    world.go("import_orders", "validate_mappings")
    file = tmp_path / "lanes.yaml"
    monkeypatch.setenv("CARTAGE_LANES_FILE", str(file))
    wanted = {"put": [rule_document(GROUND)], "days": 2}
    file.write_text("lanes: {}\n")
    tried = ask(world, JobKind.PREVIEW_RULE, **wanted)
    assert tried.outcome["counts"] == {"released": 1}
    assert "demo" in tried.outcome["no_patch"]
    file.write_text(yaml.safe_dump({"lanes": {"demo": in_file(world)}}, sort_keys=False))
    assert "+" in ask(world, JobKind.PREVIEW_RULE, **wanted).outcome["patch"]


def in_file(world: World) -> dict[str, Any]:
    """The lane as its file would have it."""
    return {name: value for name, value in world.settings.items() if name != "name"}
