"""The link from a task in Airflow's UI to the page of what it moved. Reads nothing but Airflow's address."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from airflow.sdk import BaseOperatorLink

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator
    from airflow.sdk.types import TaskInstanceKey

    from cartage.runtime.links import Links

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


def alert_links(log: str = "") -> Links:
    """Whole addresses for alerts, which are read outside of Airflow; none if `[api] base_url` is not configured."""
    from cartage.runtime.links import Links

    return Links(
        moved=_moved_url,
        coverage=lambda lane: _url(desk_path("coverage", lane=lane)),
        stock=lambda lane: _url(desk_path("stock", lane=lane)),
        dag=_dag_url,
        log=log,
    )


def _moved_url(run_key: str) -> str:
    """Of a run in the ledger's name for it, `<DAG>/<run id>/<task>/<try>`; one of the command line has no page."""
    dag_id, _, run = run_key.partition("/")
    return "" if dag_id == "cli" or run.count("/") != 2 else _url(moved_path(dag_id=dag_id, run=run))


def _dag_url(dag_id: str) -> str:
    from airflow.sdk.configuration import conf

    below = urlsplit(conf.get("api", "base_url", fallback="") or "").path.rstrip("/")
    return _url(f"{below}/dags/{dag_id}")


def _url(path: str) -> str:
    """A path with the scheme and host of `[api] base_url`."""
    from airflow.sdk.configuration import conf

    base = urlsplit(conf.get("api", "base_url", fallback="") or "")
    return f"{base.scheme}://{base.netloc}{path}" if base.scheme and base.netloc else ""


def desk_path(page: str, **query: str) -> str:
    """A page of the desk, below the path of `[api] base_url`; without scheme and host."""
    from airflow.sdk.configuration import conf

    below = urlsplit(conf.get("api", "base_url", fallback="") or "").path.rstrip("/")
    path = f"{below}{DESK_PREFIX}/{page}"
    return f"{path}?{urlencode(query)}" if query else path
