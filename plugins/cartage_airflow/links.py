"""The link from a task in Airflow's UI to the page of what it moved. Reads nothing but Airflow's address."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from airflow.sdk import BaseOperatorLink

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator
    from airflow.sdk.types import TaskInstanceKey

# Where cartage_plugin.py mounts the desk.
DESK_PREFIX = "/cartage"
# Where the desk finds the application into which it is mounted, in the scope of each request.
AIRFLOW_APP = "cartage.airflow_app"


class MovedLink(BaseOperatorLink):
    """Button "What it moved" of every stage. Airflow computes it in the worker, for each try."""

    name = "What it moved"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:
        """The page's address without scheme and host, which a proxy may know under another name."""
        run = f"{ti_key.run_id}/{ti_key.task_id}/{ti_key.try_number}"
        return moved_path(dag_id=ti_key.dag_id, run=run)


def moved_path(*, dag_id: str, run: str) -> str:
    """The page for a run (`<run id>/<task id>/<try>`) of a DAG."""
    return desk_path("moved", dag_id=dag_id, run=run)


def desk_path(page: str, **query: str) -> str:
    """A page of the desk, below the path of `[api] base_url`; without scheme and host."""
    from airflow.sdk.configuration import conf

    below = urlsplit(conf.get("api", "base_url", fallback="") or "").path.rstrip("/")
    path = f"{below}{DESK_PREFIX}/{page}"
    return f"{path}?{urlencode(query)}" if query else path
