"""Point Airflow at a temporary home before any test module imports it."""

from __future__ import annotations

from tests.dags.airflow_home import use_temporary_home

use_temporary_home()
