"""A temporary Airflow home, set before the first `import airflow`, which reads it once."""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def use_temporary_home() -> None:
    """Point Airflow at an empty home and at this project's DAGs, unless Airflow is imported already."""
    if "airflow" in sys.modules:
        return
    for name in [name for name in os.environ if name.startswith(("AIRFLOW", "CARTAGE_"))]:
        del os.environ[name]
    home = tempfile.mkdtemp(prefix="cartage-airflow-")
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    os.environ |= {
        "AIRFLOW_HOME": home,
        "AIRFLOW__API__BASE_URL": "http://airflow.example:8080",
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "AIRFLOW__CORE__UNIT_TEST_MODE": "True",
    }
