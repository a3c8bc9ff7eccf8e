"""Show every mistake in lanes.yaml as an import error in Airflow. This file has no DAG, so the error stops no lane.

Airflow parses only files that contain the words dag and airflow.
"""

from __future__ import annotations

from cartage.lanes import raise_on_mistakes

raise_on_mistakes()
