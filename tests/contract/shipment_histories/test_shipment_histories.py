"""The store shows in the end what the warehouse did: random histories of shipments, on every kind of store.

`CARTAGE_SHIPMENT_HISTORIES` says how many are played (3), `CARTAGE_HISTORIES_SEED` from which seed on (1): a failure
names its seed, and that seed with one history plays it again, step by step in the test's output.
"""

from __future__ import annotations

import os
from random import Random

import pytest

from tests.contract.conftest import MakeWorld
from tests.contract.shipment_histories.oracle import Oracle
from tests.contract.shipment_histories.player import Player, scene

_FIRST = int(os.environ.get("CARTAGE_HISTORIES_SEED", "1"))
_MANY = int(os.environ.get("CARTAGE_SHIPMENT_HISTORIES", "3"))


@pytest.mark.parametrize("seed", range(_FIRST, _FIRST + _MANY))
def test_after_any_history_the_store_shows_what_the_warehouse_did(seed: int, make_world: MakeWorld) -> None:
    rng = Random(seed)
    setting = scene(rng)
    world = make_world(**setting)
    player = Player(world, rng, Oracle(world.shop))
    try:
        player.play()
    except BaseException as failure:
        replay = f"CARTAGE_SHIPMENT_HISTORIES=1 CARTAGE_HISTORIES_SEED={seed}"
        failure.add_note("\n".join([replay, str(setting), *player.log]))
        raise
