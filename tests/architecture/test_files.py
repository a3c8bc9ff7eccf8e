"""What no file of the project may hold."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from tests.architecture.imports import ROOT

# The home or workspace of the author, and this checkout itself.
MACHINE_PATHS = re.compile(
    rf"/home/(?!airflow\b)\w+/|/Users/\w+/|/root/|[A-Z]:\\Users\\|{re.escape(str(ROOT))}/"
)


def tracked_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def text_of(path: Path) -> str:
    content = path.read_bytes()
    return "" if b"\0" in content else content.decode()


def test_no_file_names_a_path_of_the_machine_on_which_it_was_written() -> None:
    this = Path(__file__)
    named = {
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in tracked_files()
        if path != this and (match := MACHINE_PATHS.search(text_of(path)))
    }
    assert named == set()


def test_the_plugin_loader_is_kept_out_of_packages() -> None:
    scanned = [path.name for path in (ROOT / "plugins").glob("*.py")]
    ignored = (ROOT / "plugins" / ".airflowignore").read_text().split()
    packages = [path.name for path in (ROOT / "plugins").iterdir() if (path / "__init__.py").exists()]
    assert scanned == ["cartage_plugin.py"]
    for package in packages:
        assert any(pattern.startswith(package) for pattern in ignored)
