"""The connector `files` against the sandbox over real SFTP: the shared suite with CSV files and with X12."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.warehouses.document_suite import DocumentSuite
from tests.contract.warehouses.files_harness import FilesHarness, X12Harness


class TestCsvFiles(DocumentSuite):
    connector = "files"

    @pytest.fixture
    def harness(self, tmp_path: Path) -> Iterator[FilesHarness]:
        with FilesHarness(tmp_path) as harness:
            yield harness


class TestX12Files(DocumentSuite):
    connector = "files"

    @pytest.fixture
    def harness(self, tmp_path: Path) -> Iterator[FilesHarness]:
        with X12Harness(tmp_path) as harness:
            yield harness
