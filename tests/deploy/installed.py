"""Wheels, built without the network, and virtual environments that have Airflow and of Cartage only those wheels."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_SITE = Path(sysconfig.get_paths()["purelib"])
# All that the build of Cartage needs.
CARTAGE_SOURCES = ("pyproject.toml", "README.md", "LICENSE", "include", "plugins")


def build_wheel(project: Path, sources: Sequence[str], work: Path) -> Path:
    """Build a project's wheel from a copy of these sources, since the build writes beside them."""
    source, out = work / "source", work / "wheel"
    source.mkdir(parents=True)
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info", "build")
    for name in sources:
        if (project / name).is_dir():
            shutil.copytree(project / name, source / name, ignore=ignored)
        else:
            shutil.copy(project / name, source / name)
    build = f"from setuptools import build_meta; build_meta.build_wheel({str(out)!r})"
    subprocess.run([sys.executable, "-c", build], cwd=source, check=True, capture_output=True, timeout=120)
    [found] = out.glob("*.whl")
    return found


def python_with(folder: Path, wheels: Sequence[Path]) -> Path:
    """Make a virtual environment with what is installed here, and these wheels in place of Cartage's sources."""
    venv.create(folder, with_pip=False, symlinks=True)
    interpreter = folder / "bin" / "python"
    # Links to what is installed here, but for this project's own editable installation.
    others = folder / "others"
    others.mkdir()
    for entry in _SITE.iterdir():
        if not entry.name.startswith(("cartage", "__editable__", "_editable_", "__pycache__")):
            (others / entry.name).symlink_to(entry)
    [packages] = (folder / "lib").glob("python*/site-packages")
    (packages / "others.pth").write_text(f"{others}\n")
    install = [shutil.which("uv", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}") or "uv"]
    install += ["pip", "install", "--quiet", "--offline", "--no-deps", "--python", str(interpreter)]
    subprocess.run([*install, *map(str, wheels)], check=True, capture_output=True, timeout=120)
    return interpreter


def environment(home: Path) -> dict[str, str]:
    """Return the environment of an ordinary Airflow: no PYTHONPATH, no setting of this test process."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "CARTAGE_LANES_FILE": str(home / "lanes.yaml"),
    }
