"""No path of steps, crashes and freezes leads to an order that is in two files, or in none.

`CARTAGE_PATHS` and `CARTAGE_PATHS_RANDOM` as in `test_sending`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from cartage.db import Ledger
from tests.contract.machine.document_machine import DocumentMachine

_PATHS = int(os.environ.get("CARTAGE_PATHS", "10"))


@pytest.mark.parametrize("per_document", [1, 3])
def test_no_path_leads_to_an_order_that_is_in_two_files_or_in_none(
    machine_ledger: Ledger, store_id: int, skip: Callable[[float], None], tmp_path: Path, per_document: int
) -> None:
    class Machine(DocumentMachine):
        def __init__(self) -> None:
            super().__init__(machine_ledger, store_id, skip, tmp_path, per_document)

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=_PATHS,
            stateful_step_count=40,
            deadline=None,
            database=None,
            print_blob=True,
            derandomize="CARTAGE_PATHS_RANDOM" not in os.environ,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        ),
    )
