"""What the warehouse sends: confirmations, inventories and movements, again, changed, slowly, in CSV and in X12."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.contract.sandbox.files.conftest import Visit, dsfx

X12 = {"login": "edi", "password": "password-of-edi", "form": "x12"}


@pytest.fixture
def taken(visit: Visit) -> Visit:
    """A visit with an order of three mugs."""
    visit.put("ord_1.csv", dsfx())
    visit.work()
    return visit


def rows(text: str) -> list[list[str]]:
    return [line.strip('"').split('","') for line in text.splitlines()]


def ship(visit: Visit, **how: Any) -> list[str]:
    found: list[str] = visit.control("POST", "/ship", {"references": ["A3_1_0"], **how})["files"]
    return found


def test_a_shipment_is_a_file_with_a_row_for_each_package_and_line(taken: Visit) -> None:
    [name] = ship(taken, packages=2, carrier="FEDEX", service="2DAY")
    header, *lines = rows((taken.home / "out" / name).read_text())
    assert header[:6] == [
        "Order Number",
        "Shipment Number",
        "Ship Date",
        "Carrier",
        "Service",
        "Tracking Number",
    ]
    assert [(row[0], row[3], row[4], row[6], row[7]) for row in lines] == [
        ("A3_1_0", "FEDEX", "2DAY", "MUG", "2"),
        ("A3_1_0", "FEDEX", "2DAY", "MUG", "1"),
    ]
    assert len({row[5] for row in lines}) == 2
    assert taken.orders()[0]["state"] == "shipped"
    assert ship(taken) == []


def test_an_order_ships_in_parts_or_short(taken: Visit) -> None:
    ship(taken, quantities={"MUG": 1})
    assert taken.orders()[0]["state"] == "partial"
    ship(taken, quantities={"MUG": 1}, closes=True)
    assert taken.orders()[0]["state"] == "shipped"
    shipped = taken.warehouse.journal.entries("order.shipped")
    assert [(entry["detail"]["quantities"], entry["detail"]["complete"]) for entry in shipped] == [
        ({"MUG": 1}, False),
        ({"MUG": 1}, True),
    ]


def test_several_tracking_numbers_in_a_cell(taken: Visit) -> None:
    layout = {"tracking_separator": "|", "trailer": "TRL,{count}", "header": False, "delimiter": ";"}
    account = {"login": "cartage", "password": "sandbox-password-of-cartage", "layout": layout}
    taken.control("POST", "/accounts", account)
    [name] = ship(taken, packages=3)
    row, trailer = (taken.home / "out" / name).read_text().splitlines()
    assert len(row.split(";")[5].split("|")) == 3
    assert trailer == "TRL,1"


def test_an_inventory_is_full_or_what_changed(taken: Visit) -> None:
    [full, *_] = [taken.control("POST", "/inventory", {})["name"]]
    assert rows((taken.home / "out" / full).read_text())[1:] == [["MUG", "7", "10"], ["TEA", "5", "5"]]
    ship(taken)
    taken.rule(inventory="delta")
    delta = taken.control("POST", "/inventory", {})["name"]
    assert rows((taken.home / "out" / delta).read_text())[1:] == [["MUG", "7", "7"]]


def test_a_file_of_earlier_comes_again_under_its_name_or_another(taken: Visit) -> None:
    [name] = ship(taken)
    content = (taken.home / "out" / name).read_bytes()
    (taken.home / "out" / name).unlink()
    taken.control("POST", "/resend", {"name": name})
    taken.control("POST", "/resend", {"name": name, "as": "shp_again.csv"})
    assert {(taken.home / "out" / found).read_bytes() for found in (name, "shp_again.csv")} == {content}
    assert "KeyError" in taken.refused("POST", "/resend", {"name": "none"})


def test_any_file_can_be_written_over_one_that_is_there(visit: Visit) -> None:
    visit.control("POST", "/files", {"name": "shp_1.csv", "text": "first"})
    raw = base64.b64encode(b"\xff\xfe").decode()
    visit.control("POST", "/files", {"name": "shp_1.csv", "base64": raw})
    assert (visit.home / "out" / "shp_1.csv").read_bytes() == b"\xff\xfe"


def test_files_may_come_in_two_steps_or_with_a_done_file(visit: Visit) -> None:
    visit.control("POST", "/begin", {"name": "a.csv", "text": "0123456789"})
    assert (visit.home / "out" / "a.csv").read_text() == "01234"
    assert visit.control("POST", "/finish") == {"finished": 1}
    assert (visit.home / "out" / "a.csv").read_text() == "0123456789"
    visit.rule(writes="in_steps")
    name = visit.control("POST", "/inventory", {})["name"]
    half = (visit.home / "out" / name).read_text()
    assert visit.work()["finished"] == 1
    assert (visit.home / "out" / name).read_text().startswith(half)
    visit.rule(writes="with_done")
    name = visit.control("POST", "/inventory", {})["name"]
    assert f"{name}.done" in visit.names("out")


def test_orders_ship_and_stock_is_counted_by_rule(visit: Visit) -> None:
    visit.rule(auto_ship_seconds=3600.0, auto_ship_partial_share=1.0, auto_inventory_seconds=86400.0)
    visit.put("ord_1.csv", dsfx())
    assert visit.work() == {"finished": 0, "taken": 1, "shipped": 0, "counted": 1, "responses": 0}
    visit.control("POST", "/clock", {"advance": 3600})
    assert (visit.work()["shipped"], visit.orders()[0]["state"]) == (1, "partial")
    assert (visit.work()["shipped"], visit.orders()[0]["state"]) == (1, "shipped")
    assert visit.work()["shipped"] == 0


def test_x12_goes_in_and_comes_out(visit: Visit) -> None:
    visit.control("POST", "/accounts", X12)
    visit.control("POST", "/items", {"account": "edi", "items": {"MUG": 10}})
    home = visit.warehouse.premises.home("edi")
    sets = "".join(
        f"ST*940*{number:04d}~W05*{code}*{reference}*AB-1000~N1*ST*Joan~N3*5050 Road N~N4*Boston*MA*02134*US~"
        f"W66*PP*M***GROUND*****UPSN~LX*1~W01*3*EA**SK*{sku}~W76*3~SE*10*{number:04d}~"
        for number, (code, reference, sku) in enumerate(
            [("N", "A", "MUG"), ("N", "B", "NONE"), ("N", "C", "MUG"), ("F", "C", "MUG")], 1
        )
    )
    isa = f"ISA*00*{'':10}*00*{'':10}*ZZ*{'CARTAGE':15}*ZZ*{'SANDBOXWMS':15}*261129*0203*U*00401*000000007*0*P*>~"
    gs = "GS*OW*CARTAGE*SANDBOXWMS*20261129*0203*7*X*004010~"
    (home / "in" / "940_7.edi").write_text(f"{isa}{gs}{sets}GE*4*7~IEA*1*000000007~")
    visit.work()
    assert {order["reference"]: order["state"] for order in visit.orders()} == {
        "A": "open",
        "B": "rejected",
        "C": "cancelled",
    }
    names = sorted(path.name for path in (home / "out").iterdir())
    [acknowledgement] = [(home / "out" / name).read_text() for name in names if name.startswith("997")]
    assert "AK1*OW*7~" in acknowledgement
    assert acknowledgement.count("AK5*A~") == 4
    assert "AK9*A*4*4*4~" in acknowledgement
    [name] = visit.control("POST", "/ship", {"account": "edi", "references": ["A"], "packages": 2})["files"]
    advice = (home / "out" / name).read_text()
    assert "W06*F*A*20261129*" in advice
    assert (advice.count("MAN*CP*1Z"), "W03*3~" in advice) == (2, True)
    name = visit.control("POST", "/inventory", {"account": "edi"})["name"]
    assert "LIN*1*SK*MUG~\nQTY*33*7*EA~" in (home / "out" / name).read_text()
    moved = visit.control("POST", "/movements", {"account": "edi", "adjusted": {"MUG": -1}, "reason": "AV"})[
        "name"
    ]
    assert "W19*AV*-1*EA**SK*MUG~" in (home / "out" / moved).read_text()


def test_a_set_with_a_fault_is_rejected_alone(visit: Visit) -> None:
    visit.control("POST", "/accounts", X12)
    home = visit.warehouse.premises.home("edi")
    isa = f"ISA*00*{'':10}*00*{'':10}*ZZ*{'CARTAGE':15}*ZZ*{'SANDBOXWMS':15}*261129*0203*U*00401*000000007*0*P*>~"
    text = (
        f"{isa}GS*OW*CARTAGE*SANDBOXWMS*20261129*0203*7*X*004010~"
        "ST*940*0001~W05*N*A~SE*9*0001~ST*940*0002~W05*N~SE*3*0002~GE*2*7~IEA*1*000000007~"
    )
    (home / "in" / "940_7.edi").write_text(text)
    visit.work()
    [acknowledgement] = [path.read_text() for path in (home / "out").iterdir()]
    assert acknowledgement.count("AK5*R*5~") == 2
    assert "AK9*R*2*2*0~" in acknowledgement
    assert visit.orders() == []


def test_csv_accounts_have_no_movements(visit: Visit) -> None:
    assert "report no movements" in visit.refused("POST", "/movements", {"received": {"MUG": 1}})
