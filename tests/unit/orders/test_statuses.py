"""The store's statuses: our writes go forward only, and over nothing that a person chose."""

from __future__ import annotations

import pytest

from cartage.orders.statuses import PARTIAL, PROCESSING, SHIPPED, may_move, set_by_person

NEW, CANCEL, HOLD, NOT_COMPLETED, CUSTOM = 1, 5, 6, 7, 8
OURS = (PROCESSING, PARTIAL, SHIPPED)


@pytest.mark.parametrize("target", OURS)
@pytest.mark.parametrize("import_status", [NEW, CUSTOM])
def test_every_target_may_follow_the_import_status(target: int, import_status: int) -> None:
    assert may_move(import_status, target, import_status=import_status)


@pytest.mark.parametrize(
    ("current", "target", "allowed"),
    [
        (PROCESSING, PROCESSING, False),
        (PROCESSING, PARTIAL, True),
        (PROCESSING, SHIPPED, True),
        (PARTIAL, PROCESSING, False),
        (PARTIAL, PARTIAL, False),
        (PARTIAL, SHIPPED, True),
        (SHIPPED, PROCESSING, False),
        (SHIPPED, PARTIAL, False),
        (SHIPPED, SHIPPED, False),
    ],
)
def test_writes_go_forward_only(current: int, target: int, allowed: bool) -> None:
    assert may_move(current, target, import_status=NEW) is allowed


@pytest.mark.parametrize("target", OURS)
@pytest.mark.parametrize("current", [CANCEL, HOLD, NOT_COMPLETED, CUSTOM, 0])
def test_a_status_of_a_person_stands(current: int, target: int) -> None:
    assert not may_move(current, target, import_status=NEW)
    assert set_by_person(current, import_status=NEW)


def test_the_default_status_was_set_by_a_person_where_the_lane_imports_another() -> None:
    assert set_by_person(NEW, import_status=CUSTOM)
    assert not may_move(NEW, PROCESSING, import_status=CUSTOM)


@pytest.mark.parametrize("current", [NEW, *OURS])
def test_our_own_path_is_no_person_s(current: int) -> None:
    assert not set_by_person(current, import_status=NEW)
