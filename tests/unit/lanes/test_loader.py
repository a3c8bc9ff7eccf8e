from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from cartage.errors import SettingsError
from cartage.lanes import LaneFile, get_lane, lanes_path, load_lanes, raise_on_mistakes, valid_lanes
from cartage.lanes.mistakes import Mistake
from tests.connector_packages import ConnectorPackages

LaneText = Callable[..., str]
Load = Callable[[str], LaneFile]


def _only(found: LaneFile) -> Mistake:
    (mistake,) = found.mistakes
    return mistake


def test_a_valid_lane_has_its_defaults(load: Load, lane_text: LaneText) -> None:
    found = load("lanes:\n" + lane_text())
    assert found.mistakes == []
    lane = found.lanes["demo"]
    assert lane.name == "demo"
    assert lane.limits.freshness == timedelta(minutes=10)
    assert lane.warehouse.settings == {"customer_id": 12, "facility_id": 1}


def test_off_needs_no_quotes(load: Load, lane_text: LaneText) -> None:
    """YAML reads it as false."""
    found = load("lanes:\n" + lane_text(more="mode: off"))
    assert found.mistakes == []
    assert found.lanes["demo"].mode == "off"


def test_a_broken_lane_stops_no_other(load: Load, lane_text: LaneText) -> None:
    text = "lanes:\n" + lane_text("a", connection="one") + lane_text("b", connection="two", more="bogus: 1")
    found = load(text)
    assert list(found.lanes) == ["a"]
    assert {mistake.lane for mistake in found.mistakes} == {"b"}


def test_every_mistake_of_every_lane_is_reported_at_once(load: Load, lane_text: LaneText) -> None:
    more = "limits: {threads: 99, freshness: 10}\nschedules: {orders: '99 * * * *'}\nships: 1"
    text = "lanes:\n" + lane_text("a", time_zone="America/New York", more=more) + "  b: {}\n"
    assert [mistake.path for mistake in load(text).mistakes] == [
        "lanes.a.store.time_zone",
        "lanes.a.limits.freshness",
        "lanes.a.limits.threads",
        "lanes.a.schedules.orders",
        "lanes.a.ships",
        "lanes.b.store",
        "lanes.b.warehouse",
    ]


def test_a_mistake_names_file_line_lane_path_message_and_fix(load: Load, lane_text: LaneText) -> None:
    found = load("lanes:\n" + lane_text(time_zone="America/New York"))
    (line,) = found.mistake_lines()
    place, _, rest = line.partition(": ")
    assert place == f"{found.path}:5"
    assert rest.startswith(
        "demo: lanes.demo.store.time_zone: 'America/New York' is not a time zone. Did you mean"
    )
    assert "'America/New_York'" in rest


def test_an_unknown_setting_is_a_mistake_that_suggests_a_similar_one(load: Load, lane_text: LaneText) -> None:
    mistake = _only(load("lanes:\n" + lane_text(more="shedules: {}")))
    assert (mistake.line, mistake.message, mistake.fix) == (
        12,
        "there is no such setting",
        "Did you mean 'schedules'?",
    )


def test_an_unknown_setting_without_a_similar_one_lists_the_known_ones(
    load: Load, lane_text: LaneText
) -> None:
    mistake = _only(load("lanes:\n" + lane_text(more="retention: {xyz: 1}")))
    assert mistake.fix == "Known here: personal_data, payloads."


def test_the_value_of_an_unknown_setting_is_never_shown(load: Load, lane_text: LaneText) -> None:
    found = load("lanes:\n" + lane_text(more="password: hunter2-very-secret"))
    assert "hunter2" not in "\n".join(found.mistake_lines())


def test_mistakes_in_the_connectors_own_settings_have_their_lines(load: Load, lane_text: LaneText) -> None:
    text = "lanes:\n" + lane_text().replace("customer_id: 12, facility_id: 1", "customer: 12, facility_id: x")
    assert [(mistake.path, mistake.line) for mistake in load(text).mistakes] == [
        ("lanes.demo.warehouse.settings.customer_id", 11),
        ("lanes.demo.warehouse.settings.facility_id", 11),
        ("lanes.demo.warehouse.settings.customer", 11),
    ]


def test_an_unknown_connector_is_a_mistake_that_suggests_a_similar_one(
    load: Load, lane_text: LaneText
) -> None:
    mistake = _only(load("lanes:\n" + lane_text().replace("connector: extensiv", "connector: extensive")))
    assert mistake.path == "lanes.demo.warehouse.connector"
    assert "Did you mean extensiv?" in mistake.fix


def test_a_connector_that_cannot_be_imported_stops_its_own_lane_only(
    load: Load, lane_text: LaneText, connector_packages: ConnectorPackages
) -> None:
    connector_packages.install("broken", "raise RuntimeError('half installed')")
    broken = lane_text("b", connection="two").replace("connector: extensiv", "connector: broken")
    found = load("lanes:\n" + lane_text("a") + broken)
    assert list(found.lanes) == ["a"]
    mistake = _only(found)
    assert mistake.path == "lanes.b.warehouse.connector"
    assert (
        "broken_wms (package broken-wms) cannot be imported: RuntimeError: half installed" in mistake.message
    )


@pytest.mark.parametrize("name", ["Demo", "2nd", "a-b", "a.b", "a" * 32, "ä"])
def test_a_name_that_cannot_be_part_of_a_dag_id_is_a_mistake(
    load: Load, lane_text: LaneText, name: str
) -> None:
    found = load("lanes:\n" + lane_text(name))
    assert found.lanes == {}
    assert "cannot be the name of a lane" in _only(found).message


def test_a_lane_that_is_written_twice_is_invalid(load: Load, lane_text: LaneText) -> None:
    found = load(
        "lanes:\n" + lane_text("a") + lane_text("a", connection="two") + lane_text("b", connection="c")
    )
    assert list(found.lanes) == ["b"]
    assert _only(found).lane == "a"


def test_a_lane_cannot_have_a_name_setting(load: Load, lane_text: LaneText) -> None:
    assert _only(load("lanes:\n" + lane_text(more="name: other"))).path == "lanes.demo.name"


def test_an_unreadable_value_is_one_mistake_not_two(load: Load, lane_text: LaneText) -> None:
    found = load("lanes:\n" + lane_text().replace("2026-01-01", "2026-02-30"))
    assert found.lanes == {}
    assert _only(found).path == "lanes.demo.store.go_live"


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("store:", "is empty"),
        ("store: threecart", "must be a mapping"),
        ("store: [a]", "must be a mapping"),
    ],
)
def test_a_section_of_the_wrong_type_is_one_mistake(load: Load, written: str, message: str) -> None:
    text = (
        f"lanes:\n  demo:\n    {written}\n    warehouse: "
        "{connector: extensiv, connection: x, settings: {customer_id: 1, facility_id: 1}}\n"
    )
    mistake = _only(load(text))
    assert (mistake.line, mistake.path) == (3, "lanes.demo.store")
    assert message in mistake.message


def test_a_number_in_place_of_text_is_a_mistake_that_asks_for_quotes(load: Load, lane_text: LaneText) -> None:
    more = "ship_methods:\n  - {store: Ground, carrier: UPS, service: 03}"
    mistake = _only(load("lanes:\n" + lane_text(more=more)))
    assert mistake.path == "lanes.demo.ship_methods[1].service"
    assert "put it in quotes" in mistake.message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("# nothing\n", "is empty"),
        ("- demo\n", "must be a mapping"),
        ("demo\n", "must be a mapping"),
        ("x-mine: 1\n", "is missing"),
        ("lanes:\n", "is empty"),
        ("lanes: [demo]\n", "must be a mapping of names"),
        ("lanes:\n\tdemo: 1\n", "is not valid YAML"),
        ("lanes: {}\nlanes: {}\n", "is set twice"),
    ],
)
def test_a_file_without_lanes_has_a_mistake_that_says_what_is_missing(
    load: Load, text: str, message: str
) -> None:
    found = load(text)
    assert found.lanes == {}
    assert _only(found).lane is None
    assert message in _only(found).message


def test_an_unknown_top_level_key_makes_no_lane_invalid(load: Load, lane_text: LaneText) -> None:
    found = load("defaults: {}\nx-mine: {}\nlanes:\n" + lane_text())
    assert list(found.lanes) == ["demo"]
    assert _only(found).path == "defaults"


def test_shared_settings_by_anchor_reach_each_lane(load: Load, lane_text: LaneText) -> None:
    text = "x-limits: &limits {threads: 3}\nlanes:\n" + lane_text(more="limits: {<<: *limits, burst: 20}")
    limits = load(text).lanes["demo"].limits
    assert (limits.threads, limits.burst) == (3, 20)


def test_the_mistake_of_a_missing_file_names_its_path(tmp_path: Path) -> None:
    found = load_lanes(tmp_path / "none.yaml")
    assert found.mistake_lines() == [
        f"{tmp_path}/none.yaml:1: does not exist. Create it, or set CARTAGE_LANES_FILE to another file."
    ]


def test_a_folder_or_a_binary_file_is_a_mistake_not_a_crash(tmp_path: Path) -> None:
    assert _only(load_lanes(tmp_path)).message == "has no file of lanes"
    picture = tmp_path / "lanes.yaml"
    picture.write_bytes(b"lanes:\n\x89PNG\xff\xfe")
    assert (_only(load_lanes(picture)).message, _only(load_lanes(picture)).line) == ("is not UTF-8 text", 2)


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path, lane_text: LaneText) -> None:
    file = tmp_path / "lanes.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + ("lanes:\n" + lane_text()).encode())
    assert list(load_lanes(file).lanes) == ["demo"]


def test_valid_lanes_never_raises_whatever_the_file(tmp_path: Path) -> None:
    assert valid_lanes(tmp_path / "none.yaml") == []
    assert valid_lanes(tmp_path) == []


def test_valid_lanes_reads_the_file_again_when_it_has_changed(tmp_path: Path, lane_text: LaneText) -> None:
    file = tmp_path / "lanes.yaml"
    file.write_text("lanes:\n" + lane_text("a"))
    first = valid_lanes(file)
    assert valid_lanes(file)[0] is first[0]
    file.write_text("lanes:\n" + lane_text("a") + lane_text("b", connection="two"))
    assert [lane.name for lane in valid_lanes(file)] == ["a", "b"]
    file.unlink()
    assert valid_lanes(file) == []


def test_raise_on_mistakes_lists_them_all_and_is_silent_without_any(
    tmp_path: Path, lane_text: LaneText
) -> None:
    file = tmp_path / "lanes.yaml"
    file.write_text("lanes:\n" + lane_text("a"))
    raise_on_mistakes(file)
    file.write_text("lanes:\n" + lane_text("a", more="one: 1\ntwo: 2"))
    with pytest.raises(SettingsError) as caught:
        raise_on_mistakes(file)
    assert [line.split(": ")[2] for line in caught.value.mistakes] == ["lanes.a.one", "lanes.a.two"]


def test_get_lane_reports_the_mistakes_of_an_invalid_lane(tmp_path: Path, lane_text: LaneText) -> None:
    file = tmp_path / "lanes.yaml"
    file.write_text("lanes:\n" + lane_text("a", more="one: 1") + lane_text("bee", connection="b"))
    assert get_lane("bee", file).name == "bee"
    with pytest.raises(SettingsError, match=r"lanes\.a\.one"):
        get_lane("a", file)
    with pytest.raises(SettingsError, match="Did you mean 'bee'"):
        get_lane("be", file)


def test_an_environment_variable_names_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARTAGE_LANES_FILE", os.fspath(tmp_path / "mine.yaml"))
    assert lanes_path() == tmp_path / "mine.yaml"


def test_the_default_is_the_projects_own_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CARTAGE_LANES_FILE", raising=False)
    assert lanes_path() == Path(__file__).parents[3] / "include" / "config" / "lanes.yaml"


def test_the_shipped_lanes_file_is_valid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CARTAGE_LANES_FILE", raising=False)
    found = load_lanes()
    assert found.mistake_lines() == []
    lane = found.lanes["demo"]
    assert (lane.store.connection, lane.warehouse.connection) == ("threedcart_demo", "extensiv_demo")
    assert (lane.alerts.email, lane.alerts.webhook) == (None, None)
