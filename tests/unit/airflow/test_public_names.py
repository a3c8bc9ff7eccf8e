"""The public surface of `cartage_airflow`: what it exports, what an import costs, and what its classes document."""

from __future__ import annotations

import inspect
import subprocess
import sys
from typing import Any

import pytest
from airflow.sdk import BaseOperator

import cartage_airflow
from cartage_airflow.operators.base import StageOperator

PUBLIC = [getattr(cartage_airflow, name) for name in cartage_airflow.__all__]
OPERATORS = [found for found in PUBLIC if inspect.isclass(found) and issubclass(found, BaseOperator)]


def test_every_public_name_can_be_imported() -> None:
    assert set(cartage_airflow.__all__) == {*cartage_airflow._MODULE_OF, "families"}
    assert all(found is not None for found in PUBLIC)


def test_a_name_that_is_not_public_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'NoSuchOperator'"):
        _ = cartage_airflow.NoSuchOperator


def test_importing_the_package_imports_none_of_its_modules() -> None:
    program = "import sys, cartage_airflow; print(*[name for name in sys.modules if 'cartage' in name])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = [name for name in done.stdout.split() if not name.startswith("__editable__")]
    assert [name for name in loaded if "editable" not in name] == ["cartage_airflow"]


@pytest.mark.parametrize("found", PUBLIC, ids=lambda found: getattr(found, "__name__", str(found)))
def test_every_public_name_is_documented(found: Any) -> None:
    assert inspect.getdoc(found)


@pytest.mark.parametrize("kind", OPERATORS, ids=lambda kind: kind.__name__)
def test_an_operator_documents_parameters_templated_fields_and_xcom(kind: type[BaseOperator]) -> None:
    text = kind.__doc__ or ""
    assert "XCom" in text
    assert "Templated fields" in text
    parents = " ".join(parent.__doc__ or "" for parent in kind.__mro__ if "cartage" in parent.__module__)
    own = inspect.signature(kind.__init__).parameters
    for name in own.keys() - {"self", "kwargs", "args"}:
        assert f":param {name}:" in parents, name


@pytest.mark.parametrize("kind", OPERATORS, ids=lambda kind: kind.__name__)
def test_the_lane_of_an_operator_may_be_a_template(kind: type[BaseOperator]) -> None:
    assert "lane" in kind.template_fields


def test_every_stage_has_a_public_operator() -> None:
    from cartage.dispatch import STAGE_NAMES

    stages = {kind.stage for kind in OPERATORS if issubclass(kind, StageOperator)}
    assert set(STAGE_NAMES) <= stages
