"""`cartage mappings` and `cartage holds` on a real ledger: imports, exports, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from typer.testing import CliRunner, Result

from cartage.cli.main import app
from cartage.db import Ledger
from cartage.lanes import get_lane, load_lanes
from cartage.lanes.account import account_of
from cartage.lifecycle.transitions import By
from cartage.mappings.files import MAPPING_COLUMNS
from cartage.model.orders import ShipMethod
from cartage.validation.repo.holds import release_holds
from cartage.validation.views import open_holds
from cartage.warehouses.repo.offers import keep_offered_ship_methods
from tests.contract.rows import Rows
from tests.unit.mappings.hostile_files import hostile_files

Cartage = Callable[..., Result]
LANES = """\
lanes:
  demo:
    mappings: {source}
    store: {{connection: threedcart_demo, time_zone: UTC, go_live: 2020-01-01}}
    warehouse: {{connector: extensiv, connection: extensiv_demo, settings: {{customer_id: 12, facility_id: 1}}}}
"""
FILE = """\
kind,store,match,order,carrier,service,item,quantity
ship_method,UPS Ground,,,UPS,Ground,,
ship_method,*Express*,pattern,10,UPS,2nd Day Air,,
sku,TEA-SET,,,,,MUG,4
sku,TEA-SET,,,,,POT,
"""


@pytest.fixture(params=["ledger"])
def cartage(
    tmp_path: Path, ledger_url: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Cartage:
    """Return the command line with its own ledger and its own folder."""
    file = tmp_path / "lanes.yaml"
    file.write_text(LANES.format(source=request.param))
    (tmp_path / "rules.csv").write_text(FILE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CARTAGE_LANES_FILE", str(file))
    monkeypatch.setenv("CARTAGE_LEDGER_URL", ledger_url)
    return lambda *words: CliRunner().invoke(app, [*words, "--lane", "demo"])


def done(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return result.stdout


def rules(cartage: Cartage) -> list[dict[str, str]]:
    found = json.loads(done(cartage("mappings", "list", "--json")))
    return [row for version in found for row in version["rule"]]


def test_a_file_is_imported_exported_and_imported_back_unchanged(cartage: Cartage) -> None:
    assert "new: SKU 'TEA-SET' -> 4 x MUG + 1 x POT" in done(cartage("mappings", "check", "rules.csv"))
    assert rules(cartage) == []
    assert "Saved, by ann" in done(cartage("mappings", "import", "rules.csv", "--by", "ann"))
    assert [(row["store"], row["item"]) for row in rules(cartage)] == [
        ("UPS Ground", ""),
        ("*Express*", ""),
        ("TEA-SET", "MUG"),
        ("TEA-SET", "POT"),
    ]
    for name in ("out.csv", "out.xlsx"):
        assert "3 rules" in done(cartage("mappings", "export", name))
        checked = json.loads(done(cartage("mappings", "check", name, "--replace", "--json")))
        assert (checked["rules"], checked["unchanged"]) == ([], 3)


def test_a_file_with_bad_rows_is_refused_as_a_whole_and_names_each_row(cartage: Cartage) -> None:
    bad = FILE + "ship_method,FedEx,,,,,,\nsku,CUP,,,,,CUP,many\nbox,CUP,,,,,,\n"
    Path("rules.csv").write_text(bad)
    result = cartage("mappings", "import", "rules.csv", "--by", "ann")
    assert result.exit_code == 1
    for place in ("row 6, column carrier", "row 7, column quantity", "row 8, column kind"):
        assert place in result.stderr
    assert rules(cartage) == []


def test_a_check_of_a_file_with_bad_rows_shows_what_the_sound_ones_would_do(cartage: Cartage) -> None:
    Path("rules.csv").write_text(FILE + "sku,CUP,,,,,8.94E+12,\nsku,=A1,,,,,#N/A,\n")
    result = cartage("mappings", "check", "rules.csv")
    assert result.exit_code == 1
    assert "2 rows have mistakes" in result.stdout
    assert "new: SKU 'TEA-SET' -> 4 x MUG + 1 x POT" in result.stdout
    for place in ("row 6, column item (G)", "row 7, column store (B)", "row 7, column item (G)"):
        assert place in result.stderr
    shown = json.loads(cartage("mappings", "check", "rules.csv", "--json").stdout)
    assert [(mistake["row"], mistake["letter"]) for mistake in shown["mistakes"]] == [
        (6, "G"),
        (7, "B"),
        (7, "G"),
    ]
    backtest = cartage("mappings", "backtest", "--file", "rules.csv")
    assert backtest.exit_code == 1
    assert "Of 0 orders" in backtest.stdout
    assert "row 6, column item (G)" in backtest.stderr


def offer(ledger_url: str) -> None:
    """Let the warehouse of the lane offer UPS Ground and 2nd Day Air."""
    methods = [ShipMethod("UPS", "03", title="Ground"), ShipMethod("UPS", "02", title="2nd Day Air")]
    engine = create_engine(ledger_url)
    with engine.begin() as connection:
        keep_offered_ship_methods(connection, account_of(get_lane("demo")), methods)
    engine.dispose()


@pytest.mark.parametrize("cartage", ["ledger", "files"], indirect=True)
def test_a_row_that_names_an_unoffered_service_is_its_own_mistake_and_a_reason_forces_it(
    cartage: Cartage, ledger_url: str
) -> None:
    offer(ledger_url)
    Path("rules.csv").write_text(FILE + "ship_method,Boat,,,Ferry,Slow,,\n")
    shown = cartage("mappings", "check", "rules.csv")
    assert shown.exit_code == 1
    assert "new: SKU 'TEA-SET' -> 4 x MUG + 1 x POT" in shown.stdout
    assert (
        "row 6, column carrier (E): the warehouse offers no carrier 'Ferry'. It offers UPS." in shown.stderr
    )
    for words in (("backtest", "--file", "rules.csv"), ("import", "rules.csv", "--by", "ann")):
        refused = cartage("mappings", *words)
        assert refused.exit_code == 1
        assert "row 6, column carrier (E)" in refused.stderr
        forced = cartage("mappings", *words, "--force", "they start on Monday")
        assert forced.exit_code == 0, forced.output


def test_an_export_of_forced_rules_is_imported_without_another_reason(
    cartage: Cartage, ledger_url: str
) -> None:
    offer(ledger_url)
    Path("rules.csv").write_text(FILE + "ship_method,Boat,,,Ferry,Slow,,\n")
    done(cartage("mappings", "import", "rules.csv", "--by", "ann", "--force", "they start on Monday"))
    done(cartage("mappings", "export", "out.csv"))
    checked = json.loads(done(cartage("mappings", "check", "out.csv", "--replace", "--json")))
    assert (checked["rules"], checked["unchanged"], checked["mistakes"]) == ([], 4, [])


def test_a_guessed_encoding_is_said_with_the_import(cartage: Cartage) -> None:
    Path("rules.csv").write_bytes("kind;store;carrier\nship_method;Größe;UPS\n".encode("cp1252"))
    result = cartage("mappings", "import", "rules.csv", "--by", "ann")
    assert "read as Windows-1252" in result.stderr
    assert "row 2, column store (B): 'Größe'" in result.stderr
    assert [row["store"] for row in rules(cartage)] == ["Größe"]


def test_damaged_files_are_imported_or_refused_and_never_crash(cartage: Cartage) -> None:
    sound = refused = 0
    for file in hostile_files(seed=1, many=24):
        Path("hostile").write_bytes(file.content)
        result = cartage("mappings", "import", "hostile", "--replace", "--by", "ann")
        assert result.exception is None or isinstance(result.exception, SystemExit)
        assert result.exit_code == bool(file.odd), (file, result.output)
        if file.odd:
            refused += 1
            assert all(f"row {row}" in result.stderr for row, _ in file.odd)
            continue
        sound += 1
        stores = {row["store"] for row in rules(cartage)}
        assert stores == {rule.store for rule in file.rules}
    assert min(sound, refused) > 2


def test_set_and_drop_change_single_rules_and_keep_their_history(cartage: Cartage) -> None:
    done(cartage("mappings", "set", "--method", "Ground", "--carrier", "UPS", "--by", "ann"))
    done(
        cartage(
            "mappings", "set", "--method", "Ground", "--carrier", "FedEx", "--by", "bob", "--note", "cheaper"
        )
    )
    done(cartage("mappings", "set", "--sku", "SET", "--item", "4 x MUG", "--item", "POT", "--by", "ann"))
    for text_, order in (("U*", "10"), ("*", "20")):
        done(
            cartage(
                "mappings", "set", "--method", text_, "--match", "pattern", "--carrier", "UPS", "--by", "ann"
            )
        )
        assert [row["order"] for row in rules(cartage) if row["store"] == text_] == [order]
    done(cartage("mappings", "drop", "--method", "Ground", "--sku", "set", "--by", "eve"))
    assert [row["store"] for row in rules(cartage)] == ["U*", "*"]
    versions = json.loads(done(cartage("mappings", "list", "--history", "--json")))
    assert [(version["author"], version["note"], version["ended_by"]) for version in versions[-2:]] == [
        ("bob", "cheaper", "eve"),
        ("ann", "", "bob"),
    ]


CALLED_WRONGLY = [
    ("set", "--by", "ann"),
    ("set", "--by", "ann", "--method", "Ground"),
    ("set", "--by", "ann", "--sku", "SET"),
    ("set", "--by", "ann", "--sku", "SET", "--item", "0 x MUG"),
    ("set", "--by", " ", "--method", "Ground", "--carrier", "UPS"),
    ("set", "--by", "ann", "--method", "Ground", "--carrier", "UPS", "--match", "regex"),
    ("drop", "--by", "ann"),
    ("import", "missing.csv", "--by", "ann"),
    ("backtest",),
]


def test_wrong_arguments_change_nothing(cartage: Cartage) -> None:
    ends = {words: cartage("mappings", *words).exit_code for words in CALLED_WRONGLY}
    assert ends == dict.fromkeys(CALLED_WRONGLY, 2)
    assert rules(cartage) == []


@pytest.mark.parametrize("cartage", ["files"], indirect=True)
def test_with_rules_in_the_lanes_file_a_change_is_printed_as_a_patch(
    cartage: Cartage, tmp_path: Path
) -> None:
    before = Path("lanes.yaml").read_text()
    patch = done(cartage("mappings", "import", "rules.csv", "--by", "ann"))
    assert patch.startswith("--- a/lanes.yaml\n+++ b/lanes.yaml\n@@")
    assert Path("lanes.yaml").read_text() == before
    added = [line[1:] for line in patch.splitlines() if line.startswith("+ ")]
    Path("lanes.yaml").write_text(
        before.replace("    mappings: files\n", "\n".join([*added, "    mappings: files\n"]))
    )
    lane = load_lanes(tmp_path / "lanes.yaml").lanes["demo"]
    assert [ship_method.store for ship_method in lane.ship_methods] == ["UPS Ground", "*Express*"]
    assert [part.sku for part in lane.skus[0].kit] == ["MUG", "POT"]
    assert "TEA-SET" in done(cartage("mappings", "list"))
    assert cartage("mappings", "list", "--history").exit_code == 2


@pytest.mark.parametrize("cartage", ["files"], indirect=True)
def test_a_lane_changes_its_mapping_source_without_changing_an_order(cartage: Cartage) -> None:
    done(cartage("mappings", "import", "rules.csv", "--by", "ann", "--into-ledger"))
    assert json.loads(done(cartage("mappings", "list", "--json"))) == []
    Path("lanes.yaml").write_text(LANES.format(source="ledger"))
    assert {row["store"] for row in rules(cartage)} == {"UPS Ground", "*Express*", "TEA-SET"}


def test_holds_are_set_listed_and_released(cartage: Cartage, ledger: Ledger) -> None:
    with ledger.begin() as connection:
        number = Rows(connection).order(lane="demo")
        name = connection.execute(
            text("SELECT reference FROM fulfillment_order WHERE id = :id"), {"id": number}
        )
        reference = name.scalar_one()
    held = done(
        cartage("orders", "hold", reference, "--reason", "the buyer called", "--by", "ann", "--hours", "2")
    )
    assert f"order {reference} is held until" in held
    [hold] = json.loads(done(cartage("holds", "list", "--json")))
    assert (hold["reason"], hold["owner"], hold["state"], hold["source"]) == (
        "the buyer called",
        "ann",
        "held",
        "person",
    )
    assert reference in done(cartage("holds", "list"))
    assert cartage("holds", "release", "--by", "bob").exit_code == 2
    assert cartage("holds", "release", "999", "--by", "bob").exit_code == 1
    assert "1 hold released, by bob" in done(cartage("holds", "release", str(hold["id"]), "--by", "bob"))
    with ledger.begin() as connection:
        assert open_holds(connection, "demo") == []
        assert release_holds(connection, "demo", By("eve", "desk/1")) == 0
    assert cartage("orders", "hold", "A3K_1_9", "--reason", "x", "--by", "ann").exit_code == 2


def test_the_columns_are_those_of_the_manual() -> None:
    page = (Path(__file__).resolve().parents[4] / "docs/mappings.md").read_text()
    assert [name for name in MAPPING_COLUMNS if f"`{name}`" not in page] == []
