"""No path of steps, crashes and freezes leads to an order that is sent twice or lost.

`CARTAGE_PATHS` is the number of paths (default 20), each of up to 40 steps. They are always the same, or, with
`CARTAGE_PATHS_RANDOM`, those of pytest's `--hypothesis-seed`.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from cartage.db import Ledger
from tests.contract.machine.machine import SendingMachine

_PATHS = int(os.environ.get("CARTAGE_PATHS", "10"))


def test_no_path_leads_to_an_order_that_is_sent_twice_or_lost(
    machine_ledger: Ledger, store_id: int, skip: Callable[[float], None]
) -> None:
    class Machine(SendingMachine):
        def __init__(self) -> None:
            super().__init__(machine_ledger, store_id, skip)

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
