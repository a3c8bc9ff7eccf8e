"""Holds no DAG: shows every mistake of lanes.yaml in Airflow as an import error, which stops no other lane.

Airflow only reads files that mention both dag and airflow.
"""

from __future__ import annotations

from cartage.lanes import raise_on_mistakes

raise_on_mistakes()
