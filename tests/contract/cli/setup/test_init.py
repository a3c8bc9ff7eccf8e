"""`cartage init` against the sandbox: values are tested at once, no secret is shown, the written files work."""

from __future__ import annotations

import json
import shlex
import stat
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner, Result

from cartage.cli.main import app
from cartage.lanes import get_lane, load_lanes
from cartage.mappings.files import read_rules_file
from cartage.mappings.rules import MethodRule
from cartage.model.orders import ShipMethod
from cartage_sandbox.extensiv import DEFAULT_CREDENTIAL
from cartage_sandbox.stack.shop import Shop
from cartage_sandbox.threedcart import TOKEN

Init = Callable[..., Result]

OTHER_LANES = """\
# Ours, please keep.
lanes:
  first: # the old one
    store: {connection: one, time_zone: UTC, go_live: 2026-01-01} # small
    warehouse: {connector: extensiv, connection: two, settings: {customer_id: 1, facility_id: 1}}
"""
WRONG = "0123456789abcdef0123456789abcdef"


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    """Create a store with some orders of one ship method, and its warehouse."""
    with Shop(seed=7, store_rules={"throttle": False}) as opened:
        now = datetime.now(UTC)
        opened.fill(3, start=now - timedelta(days=2), end=now, mix={"single": 1.0})
        for number, order_id in enumerate(opened.store.overview()):
            shipment = opened.store.order(order_id["OrderID"])["ShipmentList"]
            shipment[0]["ShipmentMethodName"] = "UPS Ground" if number else "Owl Post"
            opened.store.edit(order_id["OrderID"], ShipmentList=shipment)
        yield opened


@pytest.fixture
def secrets(shop: Shop) -> tuple[str, ...]:
    """Return everything that no output may show."""
    credential = DEFAULT_CREDENTIAL
    return (shop.store.credentials.private_key, TOKEN, credential.client_secret, credential.tpl, WRONG)


@pytest.fixture
def init(tmp_path: Path, secrets: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> Init:
    """Return a function that calls `cartage init` on temporary files and checks that it shows no secret."""
    monkeypatch.setenv("CARTAGE_LANES_FILE", str(tmp_path / "lanes.yaml"))

    def call(*arguments: str, decisions: tuple[str, ...] = ()) -> Result:
        typed = "".join(f"{decision}\n" for decision in decisions)
        result = CliRunner().invoke(app, ["init", "--connections", str(tmp_path), *arguments], input=typed)
        assert not [secret for secret in secrets if secret in result.output]
        return result

    return call


def options(shop: Shop) -> list[str]:
    """Return every value except the secrets."""
    return [
        "--no-input", "--lane", "mine", "--secure-url", shop.store.credentials.secure_url,
        "--api-address", shop.store_url, "--time-zone", "America/New_York", "--go-live", "2026-03-01",
        "--connector", "extensiv", "--warehouse", f"host={shop.warehouse_url}",
        "--warehouse", f"login={DEFAULT_CREDENTIAL.client_id}",
        "--warehouse", f"extra.user_login={DEFAULT_CREDENTIAL.user_login}",
        "--setting", "customer_id=12", "--setting", "facility_id=1",
    ]  # fmt: skip


@pytest.fixture
def known_secrets(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the secrets in the environment, as a script does."""
    monkeypatch.setenv("CARTAGE_INIT_PRIVATE_KEY", shop.store.credentials.private_key)
    monkeypatch.setenv("CARTAGE_INIT_TOKEN", TOKEN)
    monkeypatch.setenv("CARTAGE_INIT_WAREHOUSE_PASSWORD", DEFAULT_CREDENTIAL.client_secret)
    monkeypatch.setenv("CARTAGE_INIT_WAREHOUSE_TPL_SECRET", DEFAULT_CREDENTIAL.tpl)


def budgets(ledger_url: str) -> list[str]:
    """Return the stores whose calls the ledger counts."""
    with psycopg.connect(ledger_url.replace("postgresql+psycopg://", "postgresql://")) as connection:
        return [name for (name,) in connection.execute("SELECT name FROM call_bucket")]


def test_a_person_is_asked_for_everything_until_it_is_valid(shop: Shop, init: Init, tmp_path: Path) -> None:
    url, key = shop.store.credentials.secure_url, shop.store.credentials.private_key
    login, secret = DEFAULT_CREDENTIAL.client_id, DEFAULT_CREDENTIAL.client_secret
    user, tpl = DEFAULT_CREDENTIAL.user_login, DEFAULT_CREDENTIAL.tpl
    result = init(
        decisions=(
            "Not A Name", "mine",
            shop.store_url, url, WRONG, TOKEN, "",  # a key that the store does not accept
            "", "", key, "", "",  # Enter keeps the right token
            "Atlantis/Here", "",  # not a time zone, then the one that the store's settings suggest
            "extensiv",
            shop.warehouse_url, login, secret, user, "", tpl, "12", "99", "", "",  # no such facility
            # Enter keeps everything else, secrets too
            "", "", "", "", "", "", "", "1", "", "America/New_York",
            "UPS/Ground", "Owl Express", "-",
            "Carts", "Ready for Warehouse", "2026-03-01", "",
        )
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "HTTP 401" in result.output
    assert "the account has no such facility" in result.output
    assert "cartage preflight --lane mine" in result.output
    lane = get_lane("mine", tmp_path / "lanes.yaml")
    assert (lane.mode, lane.store.import_status, lane.store.time_zone) == (
        "shadow",
        "Ready for Warehouse",
        "America/New_York",
    )
    assert [(rule.store, rule.carrier, rule.service) for rule in lane.ship_methods] == [
        ("UPS Ground", "UPS", "03")
    ]
    assert " # Ground" in (tmp_path / "lanes.yaml").read_text()
    assert lane.warehouse.settings == {
        "customer_id": 12,
        "facility_id": 1,
        "facility_time_zone": "America/New_York",
    }


def test_a_blank_value_that_is_needed_is_asked_for_with_a_word(shop: Shop, init: Init) -> None:
    result = init(decisions=("", "mine", shop.store_url, "", shop.store.credentials.secure_url))
    assert result.exit_code == 1  # nothing more was typed
    assert "Name of the lane is needed. A lane ties one store" in result.output
    assert "Secure URL is needed. The store's Secure URL, e.g." in result.output


def test_the_wizard_points_at_no_connection_that_does_not_exist_yet(shop: Shop, init: Init) -> None:
    url, key = shop.store.credentials.secure_url, shop.store.credentials.private_key
    wrong_key = (shop.store_url, url, WRONG, TOKEN, "")
    wrong_token = ("", "", key, "t", "")
    result = init(decisions=("mine", *wrong_key, *wrong_token))
    assert "Check Secure URL, Private key and Token, and that the store still lists the app" in result.output
    assert "this connection (3dcart): 1 mistake\n  Token: has only 1 character" in result.output
    assert "Admin > Connections" not in result.output
    assert "threedcart_mine" not in result.output


def test_a_secret_in_a_command_is_refused_with_the_place_for_it(
    shop: Shop, init: Init, known_secrets: None
) -> None:
    result = init(*options(shop), "--warehouse", "extra.tpl_secret=abc")
    assert result.exit_code == 1
    assert "CARTAGE_INIT_WAREHOUSE_TPL_SECRET" in result.output


def test_the_next_steps_are_possible_in_their_order_from_nothing(
    shop: Shop,
    init: Init,
    known_secrets: None,
    ledger_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The check came before there were connections and a ledger."""
    monkeypatch.delenv("CARTAGE_LEDGER_URL", raising=False)
    monkeypatch.setattr("cartage.connections.entry_points", lambda **_: ())
    result = init(*options(shop), "--mappings", "ledger", "--ship-method", "UPS Ground=UPS/Ground")
    assert result.exit_code == 0, result.output
    steps = result.output.partition("Next:\n")[2].splitlines()
    assert [" ".join(step.split()[:3]) for step in steps] == [
        "set -a; .", "cartage connections check", "cartage ledger migrate", "cartage mappings import",
        "cartage preflight --lane", "airflow connections import", "cartage shadow --lane", "set `mode: live`",
    ]  # fmt: skip
    assert f". {tmp_path}/connections.env;" in steps[0]
    assert "set CARTAGE_LEDGER_URL" in steps[2]
    for line in (tmp_path / "connections.env").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition("=")
        monkeypatch.setenv(name, shlex.split(value)[0])
    for command in (step.strip().partition("    ")[0].split() for step in steps[1:4]):
        if "migrate" in command:
            monkeypatch.setenv("CARTAGE_LEDGER_URL", ledger_url)
        done = CliRunner().invoke(app, command[1:])
        assert done.exit_code == 0, done.output


def test_a_script_gives_every_value_as_an_option_and_both_connections_work(
    shop: Shop,
    init: Init,
    known_secrets: None,
    ledger_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    result = init(*options(shop), "--ship-method", "UPS Ground=UPS/Ground")
    assert result.exit_code == 0, result.output
    assert "1 ship method has no rule yet" in result.output
    for line in (tmp_path / "connections.env").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition("=")
        monkeypatch.setenv(name, shlex.split(value)[0])
    monkeypatch.setenv("CARTAGE_LEDGER_URL", ledger_url)
    again = init(*options(shop), "--lane", "second")
    assert again.exit_code == 0, again.output
    assert budgets(ledger_url) == ["demo-outfitters.3dcartstores.com"], "the wizard shares the store's calls"
    checked = CliRunner().invoke(app, ["connections", "check", "--lane", "mine", "--json"])
    assert [load["ok"] for load in json.loads(checked.stdout)] == [True, True], checked.output


def test_files_with_secrets_are_private_and_keep_other_connections(
    shop: Shop, init: Init, known_secrets: None, tmp_path: Path
) -> None:
    (tmp_path / "connections.json").write_text('{"other": {"conn_type": "http"}}', encoding="utf-8")
    (tmp_path / "connections.env").write_text("A=1\nAIRFLOW_CONN_THREEDCART_MINE='old'\n", encoding="utf-8")
    assert init(*options(shop)).exit_code == 0
    for name in ("connections.env", "connections.json"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    as_json = json.loads((tmp_path / "connections.json").read_text(encoding="utf-8"))
    assert sorted(as_json) == ["extensiv_mine", "other", "threedcart_mine"]
    env = (tmp_path / "connections.env").read_text(encoding="utf-8")
    assert [line.partition("=")[0] for line in env.splitlines()] == [
        "A", "AIRFLOW_CONN_THREEDCART_MINE", "AIRFLOW_CONN_EXTENSIV_MINE",
    ]  # fmt: skip
    assert not list(tmp_path.glob(".*.new"))


def test_the_connections_file_is_what_airflow_imports(
    shop: Shop, init: Init, known_secrets: None, tmp_path: Path
) -> None:
    from airflow.secrets.local_filesystem import load_connections_dict

    assert init(*options(shop)).exit_code == 0
    found = load_connections_dict(str(tmp_path / "connections.json"))
    store = found["threedcart_mine"]
    assert (store.conn_type, store.extra_dejson["token"]) == ("threedcart", TOKEN)
    assert found["extensiv_mine"].password == DEFAULT_CREDENTIAL.client_secret


def test_a_lane_is_added_and_the_rest_of_the_file_stays_unchanged(
    shop: Shop, init: Init, known_secrets: None, tmp_path: Path
) -> None:
    file = tmp_path / "lanes.yaml"
    file.write_text(OTHER_LANES, encoding="utf-8")
    assert init(*options(shop)).exit_code == 0
    assert file.read_text(encoding="utf-8").startswith(OTHER_LANES)
    found = load_lanes(file)
    assert (list(found.lanes), found.mistakes) == (["first", "mine"], [])


def test_an_existing_lane_is_refused_before_the_first_question(
    shop: Shop, init: Init, known_secrets: None, tmp_path: Path
) -> None:
    file = tmp_path / "lanes.yaml"
    file.write_text(OTHER_LANES, encoding="utf-8")
    before = len(shop.store.journal.entries("request"))
    result = init(*options(shop), "--lane", "first")
    assert result.exit_code == 1
    assert "already has this lane" in result.output
    assert file.read_text(encoding="utf-8") == OTHER_LANES
    assert len(shop.store.journal.entries("request")) == before
    assert not (tmp_path / "connections.env").exists()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (
            ("--api-address", "http://127.0.0.1:1"),
            "the connection was refused. Check that the remote is up. Its address is 127.0.0.1:1.",
        ),
        (("--time-zone", "Mars"), "--time-zone: 'Mars' is not a time zone"),
        (("--setting", "facility_id=99"), "the account has no such facility"),
        (("--warehouse", "colour=red"), "--warehouse colour: there is no such field"),
        (("--ship-method", "UPS Ground=Owl/Night"), "offers no such carrier and service"),
        (("--import-status", "Ready some day"), "no order status labelled 'Ready some day'"),
        (("--import-status", "In Process"), "not ready to ship"),
        (("--import-status", "15"), "does not show status 15"),
        (("--go-live", "tomorrow"), "'tomorrow' is not a date"),
        (("--mode", "half"), "'half' is not a mode"),
    ],
)
def test_a_wrong_value_from_a_script_is_reported_and_nothing_is_written(
    shop: Shop, init: Init, known_secrets: None, tmp_path: Path, wrong: tuple[str, str], said: str
) -> None:
    result = init(*options(shop), *wrong)
    assert result.exit_code == 1
    assert said in result.output
    assert list(tmp_path.iterdir()) == []


def test_an_unreadable_connections_file_is_refused_before_the_first_question(
    shop: Shop, init: Init, known_secrets: None, tmp_path: Path
) -> None:
    (tmp_path / "connections.json").write_text("no JSON", encoding="utf-8")
    result = init(*options(shop))
    assert result.exit_code == 1
    assert "is not a JSON object of connections" in result.output
    assert [file.name for file in tmp_path.iterdir()] == ["connections.json"]


def test_a_missing_secret_is_named_by_its_variable(shop: Shop, init: Init) -> None:
    result = init(*options(shop))
    assert result.exit_code == 1
    assert "CARTAGE_INIT_PRIVATE_KEY is missing" in result.output


@pytest.mark.usefixtures("known_secrets")
def test_ship_methods_for_the_ledger_are_written_as_an_importable_file(
    init: Init, shop: Shop, tmp_path: Path
) -> None:
    result = init(*options(shop), "--mappings", "ledger", "--ship-method", "UPS Ground=UPS/Ground")
    assert result.exit_code == 0, result.output
    lane = load_lanes(tmp_path / "lanes.yaml").lanes["mine"]
    assert (lane.mappings, lane.ship_methods) == ("ledger", ())
    file = tmp_path / "mine-mappings.csv"
    assert f"cartage mappings import {file} --lane mine" in result.output
    [rule] = read_rules_file(file.read_bytes(), str(file)).all_rules()
    assert rule == MethodRule("UPS Ground", ShipMethod("UPS", "03", scac="UPSN"))
