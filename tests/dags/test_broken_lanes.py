"""One bad lane stops no other: an import error in a family file would make every DAG of the file stale."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.dags.airflow_home import ROOT
from tests.dags.conftest import DEPLOYMENT, Bag, lane

BROKEN = lane("beta").replace("America/New_York", "Mars/Olympus").replace("*/10 * * * *", "often")


def test_a_broken_lane_is_left_out_and_the_others_keep_their_dags(bag: Bag) -> None:
    assert set(bag(lane("alpha") + BROKEN).dags) == {
        "orders__alpha",
        "orders_history__alpha",
        "preflight__alpha",
        "reconciliation__alpha",
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


def test_a_folder_of_lanes_has_the_dags_of_every_file_and_shows_the_broken_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.dag_processing.dagbag import DagBag

    folder = tmp_path / "lanes.d"
    folder.mkdir()
    for name, text in {"alpha": lane("alpha"), "beta": BROKEN, "gamma": lane("gamma")}.items():
        (folder / f"{name}.yaml").write_text(f"lanes:{text}")
    monkeypatch.setenv("CARTAGE_LANES_FILE", str(folder))
    found = DagBag(ROOT / "dags")
    assert {dag_id for dag_id in found.dags if dag_id.startswith("orders__")} == {
        "orders__alpha",
        "orders__gamma",
    }
    (text,) = found.import_errors.values()
    assert f"{folder / 'beta.yaml'}:3: beta: lanes.beta.store.time_zone" in text
