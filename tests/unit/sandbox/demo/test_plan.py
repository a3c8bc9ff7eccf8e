"""The plan of the demo: what its lanes are set to."""

from __future__ import annotations

from typing import Any, cast

from cartage_sandbox.demo.plan import files_lane
from cartage_sandbox.stack.file_shop import FileShop


class _Shop:
    """What `files_lane` asks of a shop, without its servers."""

    store_connection = "files_store"

    def lane_warehouse(self, **settings: Any) -> dict[str, Any]:
        """Return the warehouse's section of a lane."""
        return {"connector": "files", "connection": "files_warehouse", "settings": settings}


def test_the_lane_of_files_sends_what_nobody_has_sent_before_without_asking() -> None:
    warehouse = files_lane(cast("FileShop", _Shop()))["warehouse"]
    assert warehouse["when_absent"] == "send"
    assert warehouse["settings"]["known_skus"] == "inventory"
