"""Nothing eligible is ever missed: random histories of a store, and the ledger that results from them.

`CARTAGE_HISTORIES` says how many are played (6), `CARTAGE_HISTORIES_SEED` from which seed on (1): a failure names its
seed, and that seed with one history plays it again, step by step in the test's output.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from tests.contract.histories.player import Player
from tests.contract.histories.story import History, history

_FIRST = int(os.environ.get("CARTAGE_HISTORIES_SEED", "1"))
_MANY = int(os.environ.get("CARTAGE_HISTORIES", "6"))


@pytest.mark.parametrize("seed", range(_FIRST, _FIRST + _MANY))
def test_after_any_history_the_ledger_holds_exactly_the_eligible_orders(
    seed: int, open_player: Callable[[History], Player], record_property: Callable[[str, object], None]
) -> None:
    player = open_player(history(seed))
    try:
        player.play()
    except BaseException as failure:
        replay = f"CARTAGE_HISTORIES=1 CARTAGE_HISTORIES_SEED={seed}"
        failure.add_note(
            "\n".join([replay, str(player.history.rules), str(player.history.settings), *player.log])
        )
        raise
    for name, count in player.counts.items():
        record_property(name, count)


def test_a_seed_makes_the_same_history_again() -> None:
    assert history(7) == history(7)
    assert history(7) != history(8)
