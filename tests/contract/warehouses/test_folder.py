"""The suite of warehouses that take files, run with the smallest of them: it shows what any such connector must do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract.warehouses.document_suite import DocumentSuite
from tests.contract.warehouses.folder_harness import FolderHarness


class TestFolder(DocumentSuite):
    connector = "folder"

    @pytest.fixture(params=[1, 10], ids=["order-per-file", "batches"])
    def harness(self, request: pytest.FixtureRequest, tmp_path: Path) -> FolderHarness:
        return FolderHarness(tmp_path, request.param)
