"""One bad lane stops no other: an import error in a family file would make every DAG of the file stale."""

from __future__ import annotations

from pathlib import Path

from tests.dags.conftest import DEPLOYMENT, Bag, lane

BROKEN = lane("beta").replace("America/New_York", "Mars/Olympus").replace("*/10 * * * *", "often")


def test_a_broken_lane_is_left_out_and_the_others_keep_their_dags(bag: Bag) -> None:
    assert set(bag(lane("alpha") + BROKEN).dags) == {
        "orders__alpha",
        "desk_jobs__alpha",
        "orders_history__alpha",
        "preflight__alpha",
        "shipments__alpha",
        *DEPLOYMENT,
    }


def test_every_mistake_is_shown_as_the_import_error_of_a_file_without_dags(bag: Bag) -> None:
    errors = bag(lane("alpha") + BROKEN).import_errors
    assert [Path(file).name for file in errors] == ["lanes_check.py"]
    (text,) = errors.values()
    for part in ("beta", "Mars/Olympus", "often", "lanes.yaml:"):
        assert part in text


def test_a_file_that_is_no_yaml_leaves_the_family_files_whole(bag: Bag) -> None:
    found = bag(" [}")
    assert set(found.dags) == DEPLOYMENT
    assert [Path(file).name for file in found.import_errors] == ["lanes_check.py"]


def test_valid_lanes_leave_no_import_error(bag: Bag) -> None:
    assert bag(lane("alpha")).import_errors == {}
