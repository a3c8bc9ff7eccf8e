"""The suite guards itself: no connector without it, no test replaced, no claim untested."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

import pytest

from cartage.errors import NotSupported
from cartage.warehouses.registry import connector_names
from tests.contract.warehouses.api_suite import ApiSuite
from tests.contract.warehouses.document_suite import DocumentSuite
from tests.contract.warehouses.http_warehouse_suite import HttpWarehouseSuite
from tests.contract.warehouses.warehouse_suite import WarehouseSuite, unclaimed

SUITES = (WarehouseSuite, ApiSuite, HttpWarehouseSuite, DocumentSuite)
# One of these is whole: the common tests alone say nothing about sending.
WHOLE = (ApiSuite, DocumentSuite)


def suite_classes(connector: str) -> list[type[WarehouseSuite]]:
    """Return the classes of tests/contract/warehouses/test_<connector>.py that run the suite for a connector."""
    try:
        module = import_module(f"tests.contract.warehouses.test_{connector}")
    except ModuleNotFoundError:
        return []
    found = [each for each in vars(module).values() if isinstance(each, type)]
    return [each for each in found if issubclass(each, WHOLE) and getattr(each, "connector", "") == connector]


def replaced(suite: type[WarehouseSuite]) -> Iterator[str]:
    """Return the suite's tests that a subclass redefines or removes, and marks that would skip any."""
    below = [each for each in suite.__mro__ if issubclass(each, WarehouseSuite) and each not in SUITES]
    for each in below:
        for name in vars(each):
            if name == "pytestmark" or (
                name.startswith("test_") and any(hasattr(base, name) for base in SUITES)
            ):
                yield f"{each.__name__}.{name}"


@pytest.mark.parametrize("connector", connector_names())
def test_every_connector_runs_the_suite(connector: str) -> None:
    classes = suite_classes(connector)
    assert classes, f"no class derived from ApiSuite or DocumentSuite in test_{connector}.py"
    assert all(each.__name__.startswith("Test") for each in classes)


@pytest.mark.parametrize("connector", connector_names())
def test_no_test_of_the_suite_is_replaced(connector: str) -> None:
    assert [name for each in suite_classes(connector) for name in replaced(each)] == []


def test_a_connector_without_a_suite_class_is_detected() -> None:
    assert suite_classes("no_such_connector") == []


def test_a_warehouse_that_takes_files_runs_its_own_suite_without_replacing_a_test() -> None:
    [found] = suite_classes("folder")
    assert issubclass(found, DocumentSuite)
    assert list(replaced(found)) == []


def test_no_suite_replaces_a_test_of_another() -> None:
    for suite in (ApiSuite, HttpWarehouseSuite, DocumentSuite):
        own = {name for name in vars(suite) if name.startswith("test_")}
        inherited = {name for base in suite.__mro__[1:] for name in vars(base)}
        assert own
        assert own & inherited == set()


def test_a_replaced_test_is_detected() -> None:
    class Cheating(HttpWarehouseSuite):
        def test_submitting_the_same_order_again_leaves_one(self) -> None:  # type: ignore[override]
            """Promise nothing."""

    class Quiet(DocumentSuite):
        def test_staging_may_be_repeated(self) -> None:  # type: ignore[override]
            """Promise nothing."""

    class Skipping(WarehouseSuite):
        pytestmark = pytest.mark.skip

    assert list(replaced(Cheating)) == ["Cheating.test_submitting_the_same_order_again_leaves_one"]
    assert list(replaced(Quiet)) == ["Quiet.test_staging_may_be_repeated"]
    assert list(replaced(Skipping)) == ["Skipping.pytestmark"]


def test_a_capability_that_is_not_claimed_must_be_refused() -> None:
    def refuses() -> None:
        raise NotSupported("no")

    assert unclaimed(False, refuses)
    assert not unclaimed(True, refuses)
    with pytest.raises(pytest.fail.Exception):
        unclaimed(False, lambda: None)
