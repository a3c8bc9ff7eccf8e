"""requirements.txt installs with plain pip, exactly what it names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = ["requirements.txt", "requirements-dev.txt"]
PIN = re.compile(
    r"^(?P<name>[\w.-]+)(?P<extras>\[[^]]+\])?==(?P<version>\S+)(?P<marker> ; [^\\\n]+)?", re.MULTILINE
)


def pins(file: str) -> set[tuple[str, str]]:
    return {(match["name"], match["version"]) for match in PIN.finditer((ROOT / file).read_text())}


@pytest.mark.parametrize("file", FILES)
def test_every_package_is_pinned_with_a_hash_and_no_registry_is_named(file: str) -> None:
    entries = re.split(r"\n(?=[a-z])", (ROOT / file).read_text())[1:]
    assert len(entries) > 100
    for entry in entries:
        assert PIN.match(entry), entry
        assert "--hash=sha256:" in entry
    assert not re.search(r"^--|://", (ROOT / file).read_text(), re.MULTILINE)


@pytest.mark.parametrize("file", FILES)
def test_a_pin_with_extras_has_one_without_extras_for_old_pip(file: str) -> None:
    found = list(PIN.finditer((ROOT / file).read_text()))
    plain = {(match["name"], match["version"]) for match in found if not match["extras"]}
    assert {(match["name"], match["version"]) for match in found if match["extras"]} <= plain


def test_development_runs_on_the_versions_of_production() -> None:
    assert pins("requirements.txt") <= pins("requirements-dev.txt")


def test_what_the_input_files_name_is_pinned() -> None:
    for file in FILES:
        lines = (ROOT / file.replace(".txt", ".in")).read_text().splitlines()
        named = {
            re.split(r"[\[=<>]", line)[0].lower().replace(".", "-") for line in lines if re.match(r"\w", line)
        }
        assert named <= {name for name, _ in pins(file)}


@pytest.mark.parametrize("name", ["apache-airflow", "setuptools", "celery"])
def test_airflow_and_the_build_backend_are_pinned(name: str) -> None:
    assert name in {pinned for pinned, _ in pins("requirements.txt")}


def test_airflow_is_the_version_of_the_image() -> None:
    image = re.search(r"FROM apache/airflow:(\S+)", (ROOT / "Dockerfile").read_text())
    assert image
    assert ("apache-airflow", image[1]) in pins("requirements.txt")
