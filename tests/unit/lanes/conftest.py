from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cartage.lanes import LaneFile, load_lanes
from tests.connector_packages import ConnectorPackages, installed_in

LaneText = Callable[..., str]
Load = Callable[[str], LaneFile]

_LANE = """\
  {name}:
    store:
      connection: {connection}
      time_zone: {time_zone}
      go_live: 2026-01-01
      import_status: {status}
    warehouse:
      connector: extensiv
      connection: extensiv_main
      settings: {{customer_id: 12, facility_id: 1}}
{more}"""


@pytest.fixture
def lane_text() -> LaneText:
    """The text of one lane, to stand under `lanes:`; `more` is indented by four."""

    def write(
        name: str = "demo",
        *,
        connection: str = "store_main",
        status: int = 1,
        time_zone: str = "America/New_York",
        more: str = "",
    ) -> str:
        extra = "".join(f"    {line}\n" for line in more.splitlines())
        return _LANE.format(name=name, connection=connection, status=status, time_zone=time_zone, more=extra)

    return write


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Load a text as the lanes file `lanes.yaml`."""

    def read(text: str) -> LaneFile:
        file = tmp_path / "lanes.yaml"
        file.write_text(text, encoding="utf-8")
        return load_lanes(file)

    return read


@pytest.fixture
def connector_packages(tmp_path: Path) -> Iterator[ConnectorPackages]:
    """Connectors of other packages, installed for this test."""
    folder = tmp_path / "packages"
    folder.mkdir()
    with installed_in(folder) as packages:
        yield packages
