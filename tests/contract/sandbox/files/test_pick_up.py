"""How the warehouse takes order files: at once, late, twice, never, in the midst of writing; and what it says then."""

from __future__ import annotations

import pytest

from tests.contract.sandbox.files.conftest import Visit, dsfx


def test_a_file_is_taken_once_and_archived(visit: Visit) -> None:
    visit.put("ord_1.csv", dsfx())
    assert visit.work()["taken"] == 1
    assert visit.work()["taken"] == 0
    assert visit.taken() == {"A3_1_0": 1}
    assert (visit.names("in"), visit.names("in/archive")) == ([], ["ord_1.csv"])
    [order] = visit.orders()
    assert (order["state"], order["lines"], order["ship_method"]) == (
        "open",
        [{"number": "1", "sku": "MUG", "qty": 3}],
        "GROUND",
    )


@pytest.mark.parametrize(("rule", "there"), [("removed", []), ("left", ["ord_1.csv"])])
def test_a_taken_file_is_removed_or_left_and_never_taken_again(
    visit: Visit, rule: str, there: list[str]
) -> None:
    visit.rule(picked_up=rule)
    visit.put("ord_1.csv", dsfx())
    visit.work()
    visit.work()
    assert (visit.taken(), visit.names("in")) == ({"A3_1_0": 1}, there)


def test_a_slow_warehouse_takes_its_time(visit: Visit) -> None:
    visit.rule(pickup_seconds=600.0)
    visit.put("ord_1.csv", dsfx())
    assert visit.work()["taken"] == 0
    visit.control("POST", "/clock", {"advance": 599})
    assert visit.work()["taken"] == 0
    visit.control("POST", "/clock", {"advance": 1})
    assert visit.work()["taken"] == 1


def test_a_warehouse_that_never_looks(visit: Visit) -> None:
    visit.rule(picks_up="never")
    visit.put("ord_1.csv", dsfx())
    assert (visit.work()["taken"], visit.names("in")) == (0, ["ord_1.csv"])


@pytest.mark.parametrize(
    ("rule", "taken", "states"),
    [
        ("accepted", 2, ["open", "open"]),
        ("ignored", 1, ["open"]),
        ("rejected", 1, ["open", "rejected"]),
    ],
)
def test_a_file_that_is_taken_twice(visit: Visit, rule: str, taken: int, states: list[str]) -> None:
    visit.rule(picks_up="twice", repeated_order=rule)
    visit.put("ord_1.csv", dsfx())
    visit.work()
    assert visit.taken() == {"A3_1_0": taken}
    assert [order["state"] for order in visit.orders()] == states


@pytest.mark.parametrize(("takes", "count"), [(False, 0), (True, 2)])
def test_temporary_names_are_left_alone_or_not(visit: Visit, takes: bool, count: int) -> None:
    visit.rule(takes_temporary_names=takes)
    visit.put(".ord_1.csv.tmp", dsfx("A"))
    visit.put("ord_2.csv.part", dsfx("B"))
    assert visit.work()["taken"] == count


@pytest.mark.parametrize("waits", [True, False])
def test_a_file_that_is_being_written_is_taken_whole_or_in_the_midst(visit: Visit, waits: bool) -> None:
    visit.rule(waits_for_close=waits)
    session = visit.session()
    with session.open("in/ord_1.csv", "w") as file:
        file.write(dsfx()[:40])
        assert visit.work()["taken"] == (0 if waits else 1)
        file.write(dsfx()[40:])
    visit.work()
    assert visit.taken() == ({"A3_1_0": 1} if waits else {})
    session.get_channel().get_transport().close()


def test_a_write_once_server_takes_a_file_as_it_is_closed_whatever_its_name(visit: Visit) -> None:
    visit.rule(write_once=True, picked_up="removed")
    session = visit.session()
    with session.open("in/.ord_1.csv.tmp", "w") as file:
        file.write(dsfx())
    assert session.listdir("in") == ["archive"]
    assert visit.taken() == {"A3_1_0": 1}
    session.get_channel().get_transport().close()


@pytest.mark.parametrize(
    ("rule", "there"), [("renamed", ["ord_1.csv_rejected"]), ("left", ["ord_1.csv"]), ("removed", [])]
)
def test_a_file_that_cannot_be_read_makes_no_order(visit: Visit, rule: str, there: list[str]) -> None:
    visit.rule(unreadable_file=rule)
    visit.put("ord_1.csv", dsfx("A") + dsfx("B")[:-1])
    visit.work()
    visit.work()
    assert (visit.taken(), visit.orders(), visit.names("in")) == ({}, [], there)
    [refused] = visit.warehouse.journal.entries("file.rejected")
    assert "middle of a line" in refused["detail"]["reason"]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("all", ['"A","ACCEPTED","","WH0000001"', '"B","REJECTED","Unknown item NONE",""']),
        ("rejections", ['"B","REJECTED","Unknown item NONE",""']),
        ("none", []),
    ],
)
def test_acknowledgements(visit: Visit, rule: str, said: list[str]) -> None:
    visit.rule(acknowledges=rule)
    visit.put("ord_1.csv", dsfx("A") + dsfx("B", sku="NONE"))
    visit.work()
    lines = [line for text in visit.out("ack_") for line in text.splitlines()[1:]]
    assert lines == said
    assert [order["state"] for order in visit.orders()] == ["open", "rejected"]


def test_acknowledgements_may_come_late(visit: Visit) -> None:
    visit.rule(acknowledges="all", response_seconds=3600.0)
    visit.put("ord_1.csv", dsfx())
    assert visit.work()["responses"] == 0
    visit.control("POST", "/clock", {"advance": 3600})
    assert visit.work()["responses"] == 1


def test_unknown_skus_may_be_taken(visit: Visit) -> None:
    visit.rule(unknown_sku="accepted")
    visit.put("ord_1.csv", dsfx(sku="NONE"))
    visit.work()
    assert visit.taken() == {"A3_1_0": 1}


def test_an_order_that_was_taken_is_given_up_later(visit: Visit) -> None:
    visit.put("ord_1.csv", dsfx())
    visit.work()
    assert visit.control("POST", "/reject", {"references": ["A3_1_0"], "reason": "Lost"}) == {"rejected": 1}
    visit.work()
    [text] = visit.out("ack_")
    assert text.splitlines()[1].startswith('"A3_1_0","REJECTED","Lost"')
    assert visit.control("POST", "/ship", {"all": True}) == {"files": []}


def test_the_journal_knows_what_the_warehouse_took(visit: Visit) -> None:
    visit.put("ord_1.csv", dsfx(quantity=2))
    visit.work()
    [file] = visit.warehouse.journal.entries("file.taken")
    [order] = visit.warehouse.journal.entries("order.taken")
    assert (file["key"], file["detail"]["size"]) == ("cartage/in/ord_1.csv", len(dsfx(quantity=2)))
    assert (order["key"], order["detail"]["lines"][0]["qty"]) == ("A3_1_0", 2)


def test_work_is_done_by_itself_where_a_rule_says_so(visit: Visit) -> None:
    visit.put("ord_1.csv", dsfx())
    visit.rule(auto_work_seconds=0.05)
    while visit.taken() != {"A3_1_0": 1}:
        visit.control("GET", "/health")
