"""The store's statuses: writes only move forward, and never overwrite a person's choice."""

from __future__ import annotations

import pytest

from cartage.model.statuses import PARTIAL, PROCESSING, SHIPPED, StatusMap

NEW, CANCEL, HOLD, NOT_COMPLETED, CUSTOM = 1, 5, 6, 7, 8
OURS = (PROCESSING, PARTIAL, SHIPPED)
PLAIN = StatusMap(NEW)
# All statuses are custom and in no numerical order: only the position on the path counts.
ALL_CUSTOM = StatusMap(19, 10, 16, 9, labels={19: "Ready for depot", 9: ""})


@pytest.mark.parametrize("target", OURS)
@pytest.mark.parametrize("import_status", [NEW, CUSTOM])
def test_every_target_status_may_follow_the_import_status(target: int, import_status: int) -> None:
    statuses = StatusMap(import_status)
    assert statuses.may_move(import_status, target)
    assert not statuses.reached(import_status, target)


@pytest.mark.parametrize("statuses", [PLAIN, StatusMap(CUSTOM), ALL_CUSTOM])
def test_statuses_only_move_forward(statuses: StatusMap) -> None:
    for place, current in enumerate(statuses.path):
        for target_place, target in enumerate(statuses.path):
            assert statuses.may_move(current, target) is (place < target_place)
            assert statuses.reached(current, target) is (place >= target_place)


@pytest.mark.parametrize("target", OURS)
@pytest.mark.parametrize("current", [CANCEL, HOLD, NOT_COMPLETED, CUSTOM, 0])
def test_a_status_that_a_person_set_stands(current: int, target: int) -> None:
    assert not PLAIN.may_move(current, target)
    assert not PLAIN.reached(current, target)
    assert PLAIN.set_by_person(current)


def test_the_default_import_status_counts_as_set_by_a_person_if_the_lane_imports_another() -> None:
    statuses = StatusMap(CUSTOM)
    assert statuses.set_by_person(NEW)
    assert not statuses.may_move(NEW, PROCESSING)


def test_the_standard_statuses_count_as_set_by_a_person_if_the_lane_has_custom_ones() -> None:
    assert [ALL_CUSTOM.set_by_person(status) for status in OURS] == [True] * 3


@pytest.mark.parametrize("current", [NEW, *OURS])
def test_the_lanes_own_statuses_do_not_count_as_set_by_a_person(current: int) -> None:
    assert not PLAIN.set_by_person(current)


def test_a_statuss_meaning_is_independent_of_the_stores_id() -> None:
    assert [PLAIN.of(posted) for posted in OURS] == [2, 3, 4]
    assert [ALL_CUSTOM.of(posted) for posted in OURS] == [10, 16, 9]


def test_a_status_is_named_by_its_label_or_definition_or_id() -> None:
    assert [ALL_CUSTOM.name(status) for status in (19, 9, 42)] == ["Ready for depot", "Custom 2", "status 42"]
