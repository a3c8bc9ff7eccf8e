"""Retention: old, finished orders keep no personal data; their identity, states and package keys stay."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from cartage.db.retention import PurgeIncomplete, purge_lane
from cartage.db.schema import metadata
from cartage.errors import LedgerError
from cartage.model.skip_reasons import by_hand
from cartage.operations.housekeeping import purge_all
from cartage.operations.repo.jobs import JobKind, request_job
from cartage.warehouses.repo.file_decisions import drop_file, release_file
from tests.contract.conftest import MakeWorld
from tests.contract.document_world import DocumentWorld
from tests.contract.world import NEW, ORDERS_STAGES, SHIPMENT_STAGES, World

YEAR, DAYS = timedelta(days=365), timedelta(days=90)
# No other person and no text of Cartage has these words.
PERSON = {
    "ShipmentFirstName": "Maximiliane",
    "ShipmentLastName": "Unverwechselbar",
    "ShipmentCompany": "Zwiebelturm",
    "ShipmentAddress": "Kraehenwinkel 77",
    "ShipmentAddress2": "Hinterhaus",
    "ShipmentCity": "Oberammergau",
    "ShipmentPhone": "5550147199",
    "ShipmentEmail": "max@unverwechselbar.example",
}
TEXTS = {
    "CustomerComments": "Vergissmeinnicht",
    "InternalComments": "Pusteblume",
    "ExternalComments": "Gaensebluem",
}
ENGRAVED = "Mug<br><b>Engraving:</b>&nbsp;Fuer Annegret"
TRACES = ("Maximiliane", "Unverwechselbar", "Zwiebelturm", "Kraehenwinkel", "Hinterhaus", "Oberammergau", "5550147199",
          "Vergissmeinnicht", "Pusteblume", "Gaensebluem", "Annegret")  # fmt: skip


def traces(world: World) -> set[str]:
    """Return where in the ledger the person's data is found, as table.column, over all columns that hold text."""
    found = set()
    for table in metadata.sorted_tables:
        columns = [column.name for column in table.columns if isinstance(column.type, Text | JSONB | ARRAY)]
        if columns:
            columns_match = ", ".join(f'bool_or(CAST("{name}" AS text) ~* :words)' for name in columns)
            [hits] = world.rows(f"SELECT {columns_match} FROM {table.name}", words="|".join(TRACES))
            found |= {f"{table.name}.{name}" for name, hit in zip(columns, hits, strict=True) if hit}
    return found


def grow_old(world: World, age: timedelta) -> None:
    for table, columns in {
        "sales_order": ("created_at", "posted_at", "verified_at"),
        "fulfillment_order": ("created_at", "state_since"),
        "transfer": ("intent_at", "sent_at", "settle_after", "finished_at"),
        "event": ("at",),
        "cause": ("opened_at", "closed_at"),
        "exception": ("opened_at", "decided_at", "closed_at", "ended_at"),
    }.items():
        sets = ", ".join(f"{column} = {column} - CAST(:age AS interval)" for column in columns)
        world.execute(f"UPDATE {table} SET {sets}", age=age)


def of_person(world: World, kind: str = "single") -> int:
    [order_id] = world.place(kind, 1, **TEXTS)
    world.amend(order_id, shipment=PERSON, line={"ItemDescription": ENGRAVED})
    return order_id


def shipped(world: World) -> int:
    order_id = of_person(world)
    world.go(*ORDERS_STAGES)
    world.ship(order_id)
    world.go(*SHIPMENT_STAGES)
    assert world.states() == {"shipped": 1}
    return order_id


def purged(world: World, batch: int = 500) -> dict[str, int]:
    return purge_lane(world.ledger, world.lane.name, personal_data=YEAR, payloads=DAYS, batch=batch)


def deleted(world: World) -> dict[str, int]:
    return {name: count for name, count in purged(world).items() if count}


def test_an_old_finished_order_keeps_no_personal_data(world: World) -> None:
    order_id = shipped(world)
    before = world.rows("SELECT order_id, invoice, content_hash, status_id FROM sales_order")
    kept = {"sales_order.document", "fulfillment_order.ship_to", "transfer.request", "transfer.response"}
    kept |= {"fulfillment_line.options"}
    assert kept <= traces(world)
    grow_old(world, YEAR + timedelta(days=1))
    assert deleted(world) == {"orders": 1}
    assert traces(world) == set()
    assert world.rows("SELECT order_id, invoice, content_hash, status_id FROM sales_order") == before
    assert world.state_of(order_id) == ["shipped"]
    [package] = world.rows("SELECT tracking, posted_at FROM package")
    assert package.tracking == world.tracking(order_id)
    timeline = world.rows("SELECT to_state, actor FROM event WHERE kind IN ('imported', 'moved') ORDER BY id")
    assert [row.to_state for row in timeline] == ["imported", "ready", "sending", "acknowledged", "shipped"]
    assert sum(purged(world).values()) == 0


def test_orders_found_at_the_warehouse_are_deleted_with_the_payload(world: World) -> None:
    of_person(world)
    world.go(*ORDERS_STAGES[:2])
    world.warehouse_fault("POST .*/orders$", "reset", "after")
    world.go("settle_outcomes", "transfer_to_warehouse")
    world.wait_out()
    world.go("settle_outcomes", "transfer_to_warehouse")
    assert {"transfer.request", "transfer.found"} <= traces(world)
    grow_old(world, DAYS + timedelta(days=1))
    assert purged(world)["payloads"] == 1
    assert not {trace for trace in traces(world) if trace.startswith("transfer.")}


def test_payloads_are_deleted_earlier_and_open_orders_keep_what_they_need(world: World) -> None:
    shipped(world)
    waiting = of_person(world, "unmapped_method")
    world.go("import_orders", "validate_mappings")
    grow_old(world, DAYS + timedelta(days=1))
    assert deleted(world) == {"payloads": 1}
    assert {"transfer.request", "transfer.response", "fulfillment_order.request"} & traces(world) == set()
    grow_old(world, YEAR)
    assert purged(world)["orders"] == 1
    assert traces(world) == {"sales_order.document", "fulfillment_order.ship_to", "fulfillment_line.options"}
    assert world.state_of(waiting) == ["blocked"]


def test_an_open_exception_keeps_its_order_and_a_closed_one_is_emptied_with_it(
    make_world: MakeWorld,
) -> None:
    world = make_world(schedules={"sweep_every": "1s", "watch_every": "1s"})
    order_id = shipped(world)
    world.execute(
        "INSERT INTO exception (lane, sales_order_id, kind, message, choices, before, run_id)"
        " SELECT lane, id, 'put_back', 'Unverwechselbar', '{ignore}', '{\"city\": \"Oberammergau\"}', 'r'"
        " FROM sales_order"
    )
    grow_old(world, YEAR + timedelta(days=1))
    assert purged(world)["orders"] == 0
    world.execute("UPDATE exception SET closed_at = clock_timestamp()")
    assert purged(world)["orders"] == 1
    assert traces(world) == set()
    assert world.state_of(order_id) == ["shipped"]


def test_it_works_in_small_batches_and_on_its_own_lane_only(world: World) -> None:
    world.place("single", 7)
    world.go(*ORDERS_STAGES)
    for row in world.rows("SELECT order_id FROM sales_order"):
        world.ship(row.order_id)
    world.go(*SHIPMENT_STAGES)
    grow_old(world, YEAR + timedelta(days=1))
    assert purge_lane(world.ledger, "other", personal_data=YEAR, payloads=DAYS)["orders"] == 0
    assert purged(world, batch=2)["orders"] == 7


@pytest.mark.parametrize("status", [NEW, 2])
def test_an_order_that_the_store_changes_later_is_read_again(make_world: MakeWorld, status: int) -> None:
    """Put back to the import status, or edited: its copy is kept again, and a decision can be carried out."""
    from cartage.model.exceptions import Choice
    from tests.contract.changes.changed import cycle, decide_as, look, open_exceptions

    world = make_world(schedules={"sweep_every": "1s", "watch_every": "1s"})
    order_id = shipped(world)
    world.execute("UPDATE sales_order SET verified_at = posted_at")
    grow_old(world, YEAR + timedelta(days=1))
    assert purged(world)["orders"] == 1
    world.shop.store.edit(order_id, OrderStatusID=status, CustomerComments="Anders")
    look(world)
    assert world.rows("SELECT document ->> 'comments' AS comments FROM sales_order")[0].comments == "Anders"
    if status == NEW:
        assert [question.kind.value for question in open_exceptions(world)] == ["put_back"]
        decide_as(world, Choice.RESEND)
        cycle(world)
        cycle(world)
        assert world.states()["acknowledged"] == 1


def test_a_skipped_order_that_becomes_ready_later_ships_to_its_address(world: World) -> None:
    order_id = of_person(world)
    world.settings["store"]["zero_value"] = "skip"
    world.shop.store.edit(order_id, OrderAmount=0)
    world.go("import_orders")
    assert world.states() == {"skipped": 1}
    grow_old(world, YEAR + timedelta(days=1))
    assert purged(world)["orders"] == 1
    assert traces(world) == set()
    world.settings["store"]["zero_value"] = "ship"
    world.go(*ORDERS_STAGES)
    assert world.states() == {"acknowledged": 1}
    [sent] = world.rows("SELECT request -> 'ship_to' ->> 'city' AS city FROM transfer")
    assert sent.city == "Oberammergau"


def read_on(make_world: MakeWorld) -> World:
    """A lane that sweeps and watches in every run."""
    return make_world(schedules={"sweep_every": "1s", "watch_every": "1s"})


def skipped_by_rule(world: World) -> int:
    """An order that a rule of the lane skips, and that stays in the import status."""
    order_id = of_person(world)
    world.settings["store"]["zero_value"] = "skip"
    world.shop.store.edit(order_id, OrderAmount=0)
    world.go("import_orders")
    return order_id


def skipped_by_hand(world: World) -> int:
    order_id = of_person(world)
    world.go("import_orders")
    world.execute(
        "UPDATE fulfillment_order SET state = 'skipped', reason = :reason", reason=by_hand("alex", "a test")
    )
    return order_id


def rejected(world: World) -> int:
    order_id = of_person(world)
    world.go("import_orders")
    world.execute("UPDATE fulfillment_order SET state = 'rejected', reason = 'the warehouse refused it'")
    return order_id


def put_back_and_ignored(world: World) -> int:
    """A shipped order that a person put back to the import status, and about which the decision was to ignore that."""
    from cartage.model.exceptions import Choice
    from tests.contract.changes.changed import cycle, decide_as, look

    order_id = shipped(world)
    world.execute("UPDATE sales_order SET verified_at = posted_at")
    world.shop.store.edit(order_id, OrderStatusID=NEW)
    look(world)
    decide_as(world, Choice.IGNORE)
    cycle(world)
    return order_id


@pytest.mark.parametrize(
    "make_order", [skipped_by_rule, skipped_by_hand, rejected, shipped, put_back_and_ignored]
)
def test_purged_personal_data_do_not_come_back_for_an_unchanged_order(
    make_world: MakeWorld, make_order: Callable[[World], int]
) -> None:
    world = read_on(make_world)
    order_id = make_order(world)
    world.go("import_orders")  # Our own writes to the store are seen before the order is old.
    states = world.states()
    grow_old(world, YEAR + timedelta(days=1))
    assert purged(world)["orders"] == 1
    for _ in range(2):
        world.go("import_orders")
        assert traces(world) == set()
    # Nor do other rules of the lane bring them back, as long as they ship nothing of the order.
    world.settings["store"]["exclude"] = {"skus": ["NO-SUCH-SKU"]}
    world.go("import_orders")
    assert traces(world) == set()
    assert purged(world)["orders"] == 0
    assert (world.states(), len(world.state_of(order_id))) == (states, 1)


def test_a_skipped_order_that_the_store_changes_is_read_again_and_deleted_in_the_next_night(
    make_world: MakeWorld,
) -> None:
    world = read_on(make_world)
    order_id = skipped_by_rule(world)
    grow_old(world, YEAR + timedelta(days=1))
    assert purged(world)["orders"] == 1
    world.shop.store.edit(order_id, CustomerComments="Pusteblume")
    world.go("import_orders")
    assert "sales_order.document" in traces(world)
    assert purged(world)["orders"] == 1
    world.go("import_orders")
    assert traces(world) == set()


def test_old_closed_causes_and_alerts_are_deleted(world: World) -> None:
    world.place("unmapped_method")
    world.go("import_orders", "validate_mappings", "blocked_orders")
    world.execute("UPDATE cause SET closed_at = clock_timestamp() - interval '366 days'")
    world.execute("UPDATE alert SET cleared_at = now(), closed_at = clock_timestamp() - interval '91 days'")
    found = purged(world)
    assert (found["causes"], found["alerts"]) == (1, 1)


def test_the_requested_quantities_stay_for_late_shipments(
    make_world: MakeWorld,
) -> None:
    world = make_world(skus=[{"store": "MUG-6PK", "sku": "MUG", "quantity": 6}])
    world.stock("MUG")
    [order_id] = world.place("single")
    world.amend(order_id, line={"ItemID": "MUG-6PK", "ItemQuantity": 2})
    world.go(*ORDERS_STAGES)
    grow_old(world, DAYS + timedelta(days=1))
    assert purged(world)["payloads"] == 1
    world.ship(order_id)
    world.go(*SHIPMENT_STAGES)
    assert world.state_of(order_id) == ["shipped"]
    assert world.rows("SELECT message FROM exception") == []


def with_old_cause(world: World, lane: str = "", *, openings: int = 1) -> int:
    """Add a cause that was closed long ago, asked about in Required Actions at each opening; return its id."""
    lane = lane or world.lane.name
    [cause] = world.rows(
        "INSERT INTO cause (lane, fingerprint, kind, subject, message, fix, openings, closed_at)"
        " VALUES (:lane, 'old', 'unknown_sku', '', '', '', :openings, clock_timestamp() - interval '366 days')"
        " RETURNING id",
        lane=lane,
        openings=openings,
    )
    world.execute(
        "INSERT INTO required_action (lane, cause_id, opening, settled_at, outcome)"
        " SELECT :lane, :cause, n, clock_timestamp(), 'left' FROM generate_series(1, :openings) n",
        lane=lane,
        cause=cause.id,
        openings=openings,
    )
    return int(cause.id)


def test_an_old_cause_that_was_asked_in_required_actions_is_deleted_with_its_questions(world: World) -> None:
    with_old_cause(world, openings=7)
    found = purged(world, batch=2)
    assert (found["required actions"], found["causes"]) == (7, 1)
    assert world.rows("SELECT FROM cause") == world.rows("SELECT FROM required_action") == []


def test_an_old_cause_goes_although_its_required_action_was_never_settled(world: World) -> None:
    with_old_cause(world)
    world.execute("UPDATE required_action SET settled_at = NULL, outcome = NULL")
    assert purged(world)["causes"] == 1


def test_an_old_cause_of_unreadable_entries_is_deleted_with_them(world: World) -> None:
    cause = with_old_cause(world)
    world.execute(
        "INSERT INTO unreadable_order (lane, content_hash, what, cause_id, run_id)"
        " SELECT 'demo', n, '', :cause, 'r' FROM generate_series(1, 5) n",
        cause=cause,
    )
    found = purged(world, batch=2)
    assert (found["unreadable entries"], found["causes"]) == (5, 1)


def test_a_cause_that_is_open_again_keeps_its_questions(world: World) -> None:
    with_old_cause(world)
    world.execute("UPDATE cause SET closed_at = NULL, openings = 2")
    assert sum(purged(world).values()) == 0
    assert len(world.rows("SELECT FROM required_action")) == 1


def test_whatever_refers_to_a_deleted_row_is_deleted_first() -> None:
    """A new table that refers to one of these must be added to the purge."""
    children = {
        (table.name, key.column.table.name)
        for table in metadata.sorted_tables
        for key in table.foreign_keys
        if key.column.table.name in {"cause", "alert", "desk_job", "desk_upload"} and key.ondelete is None
    }
    assert children == {
        ("unreadable_order", "cause"),
        ("unreadable_row", "cause"),
        ("required_action", "cause"),
        ("desk_job", "desk_upload"),
    }


@pytest.fixture
def broken(world: World) -> Iterator[str]:
    """Yield the name of a lane from which no alert can be deleted."""
    world.execute(
        """
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'alerts of % stay', OLD.lane; END $$;
        CREATE TRIGGER refuse BEFORE DELETE ON alert FOR EACH ROW WHEN (OLD.lane = 'alpha') EXECUTE FUNCTION refuse();
        """
    )
    yield "alpha"
    world.execute("DROP TRIGGER refuse ON alert; DROP FUNCTION refuse()")


def with_old_alert(world: World, lane: str) -> None:
    world.execute(
        "INSERT INTO alert (lane, kind, key, stage, title, meaning, fix, cleared_at, closed_at) VALUES"
        " (:lane, 'k', '', '', '', '', '', '2020-01-01', '2020-01-01')",
        lane=lane,
    )


def test_a_lane_that_cannot_be_purged_stops_no_other_and_is_named_at_the_end(
    world: World, broken: str, caplog: pytest.LogCaptureFixture
) -> None:
    for lane in (broken, "beta"):
        with_old_cause(world, lane)
        with_old_alert(world, lane)
        world.execute(
            "INSERT INTO desk_job (lane, kind, requested_by, input, requested_at)"
            " VALUES (:lane, 'release', 'bea', '{}', '2020-01-01')",
            lane=lane,
        )
    with pytest.raises(PurgeIncomplete) as caught:
        purge_all(world.ledger)
    assert f"lane {broken}: not deleted: alerts" in str(caught.value)
    assert "lane beta" not in str(caught.value)
    assert "tries it again" in str(caught.value)
    assert caught.value.purged["beta"]["alerts"] == 1
    assert {**caught.value.purged[broken], "alerts": 1} == caught.value.purged["beta"]
    assert [row.lane for row in world.rows("SELECT lane FROM alert")] == [broken]
    assert world.rows("SELECT FROM cause") == world.rows("SELECT FROM desk_job") == []
    assert f"lane {broken}: old alerts were not deleted" in caplog.text


def test_jobs_of_the_desk_and_their_uploads_are_deleted_with_the_payloads(world: World) -> None:
    with world.ledger.begin() as connection:
        old = request_job(connection, "demo", JobKind.TRY_MAPPINGS, "bea", {}, upload=b"old")
        again = request_job(connection, "demo", JobKind.BACKTEST, "bea", {}, upload=b"used again")
        request_job(connection, "demo", JobKind.TRY_MAPPINGS, "bea", {}, upload=b"used again")
        request_job(connection, "demo", JobKind.TRY_MAPPINGS, "bea", {}, upload=b"new")
    world.execute(
        "UPDATE desk_job SET requested_at = requested_at - interval '91 days' WHERE id = ANY(:ids)",
        ids=[old, again],
    )
    world.execute("UPDATE desk_upload SET uploaded_at = uploaded_at - interval '91 days'")
    found = purged(world, batch=1)
    assert (found["jobs"], found["uploads"]) == (2, 1)
    assert {bytes(row.content) for row in world.rows("SELECT content FROM desk_upload")} == {
        b"used again",
        b"new",
    }


def quarantined(world: DocumentWorld) -> None:
    """Let a file wait for a person that names a buyer, in its content and in what is said of it."""
    held_back = {"reason": "Maximiliane has no zip code", "shipped": []}
    world.target.put("ship.json", rejected=[{"reference": "X", "reason": "gone"}], quarantined=[held_back])
    world.poll()


def kept_of_files(world: DocumentWorld) -> tuple[int, int]:
    """Return how many contents of files, and how many findings, are kept."""
    [row] = world.rows(
        "SELECT (SELECT count(*) FROM inbound_document WHERE content IS NOT NULL) AS contents,"
        " (SELECT count(*) FROM inbound_finding) AS findings"
    )
    return row.contents, row.findings


def test_a_file_that_waits_for_a_person_is_kept_as_long_as_an_order(document_world: DocumentWorld) -> None:
    world = document_world
    quarantined(world)
    world.execute("UPDATE inbound_document SET taken_at = taken_at - interval '91 d'")
    assert deleted(world) == {}
    assert kept_of_files(world) == (1, 2)
    world.execute("UPDATE inbound_document SET taken_at = taken_at - interval '275 d'")
    assert deleted(world) == {"documents": 1}
    assert kept_of_files(world) == (0, 0)
    assert traces(world) == set()
    [file] = world.inbound()
    assert (file.state, file.sha256 != "") == ("quarantined", True)
    with world.ledger.begin() as connection, pytest.raises(LedgerError, match="is no longer kept"):
        release_file(connection, world.lane.name, file.id, "Kim Doe")
    with world.ledger.begin() as connection:
        drop_file(connection, world.lane.name, file.id, "Kim Doe")


def test_a_file_that_a_person_has_decided_about_is_kept_as_long_as_a_payload(
    document_world: DocumentWorld,
) -> None:
    world = document_world
    quarantined(world)
    [file] = world.inbound()
    with world.ledger.begin() as connection:
        drop_file(connection, world.lane.name, file.id, "Kim Doe")
    assert deleted(world) == {}
    world.execute("UPDATE inbound_document SET decided_at = decided_at - interval '91 d'")
    assert deleted(world) == {"documents": 1}
    assert kept_of_files(world) == (0, 0)


def test_what_had_no_effect_in_a_file_is_kept_as_long_as_a_payload(document_world: DocumentWorld) -> None:
    world = document_world
    world.target.put("ship.json", rejected=[{"reference": "X", "reason": "gone"}])
    world.poll()
    assert deleted(world) == {}
    world.execute("UPDATE inbound_document SET taken_at = taken_at - interval '91 d'")
    assert deleted(world) == {"findings": 1}
    assert len(world.inbound()) == 1
