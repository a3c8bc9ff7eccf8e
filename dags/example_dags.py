"""Load the example DAGs of examples/ if the environment variable CARTAGE_EXAMPLES names the lane to run them on.

Airflow itself ignores that folder (.airflowignore). Set the variable for every Airflow component, workers included.
"""

from __future__ import annotations

import os
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from airflow.sdk import DAG

if os.environ.get("CARTAGE_EXAMPLES"):
    for file in sorted((Path(__file__).parent / "examples").glob("*.py")):
        name = f"cartage_examples_{file.stem}"
        spec = spec_from_file_location(name, file)
        if spec is None or spec.loader is None:
            continue
        sys.modules[name] = module = module_from_spec(spec)
        spec.loader.exec_module(module)
        for value in list(vars(module).values()):
            if isinstance(value, DAG):
                globals()[value.dag_id] = value
