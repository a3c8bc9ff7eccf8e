"""Run DAGs of a folder to their ends with `dag.test()`: `run_dags.py FOLDER TIME DAG_ID...`; TIME is the logical date.

Prints the state of each task, the asset events, and the DAGs that are queued for them, as one line of JSON.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path

from airflow.dag_processing.dagbag import DagBag
from airflow.models.asset import AssetDagRunQueue, AssetEvent, AssetModel
from airflow.utils.db import initdb
from airflow.utils.session import create_session
from sqlalchemy import select


def main(folder: str, time: str, dag_ids: list[str]) -> None:
    initdb()
    bag = DagBag(Path(folder))
    assert not bag.import_errors, bag.import_errors
    states = {}
    for dag_id in dag_ids:
        dag = bag.dags[dag_id]
        dag.deadline = None  # dag.test() of Airflow 3.3.2 fails for a DAG with a deadline.
        run = dag.test(logical_date=datetime.fromisoformat(time))
        states[dag_id] = {task.task_id: str(task.state) for task in run.get_task_instances()}
    with create_session() as session:
        names = {asset.id: asset.name for asset in session.scalars(select(AssetModel))}
        events = [
            {"asset": names[event.asset_id], "extra": event.extra}
            for event in session.scalars(select(AssetEvent))
        ]
        queued = sorted(set(session.scalars(select(AssetDagRunQueue.target_dag_id))))
    sys.stdout.write(f"RESULT {json.dumps({'states': states, 'events': events, 'queued': queued})}\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
