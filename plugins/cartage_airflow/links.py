"""Addresses of the desk's pages and of Airflow's, and the task buttons that lead to the desk.

Reads nothing but Airflow's configuration.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode, urlsplit

from airflow.sdk import BaseOperatorLink

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator
    from airflow.sdk.types import TaskInstanceKey

    from cartage.runtime.links import Links

# Where the plugin mounts the desk.
DESK_PREFIX = "/cartage"
# The first part of the key of a run that Airflow did not start.
_COMMAND_LINE = "cli"
# The key under which a request's scope holds the application that the desk is mounted into.
AIRFLOW_APP = "cartage.airflow_app"


class MovedLink(BaseOperatorLink):
    """The button "What it moved" of every stage. Airflow computes its address in the worker, for each try."""

    name = "What it moved"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:
        """Return the page's address without scheme and host, because a proxy may serve Airflow under another name."""
        run = f"{ti_key.run_id}/{ti_key.task_id}/{ti_key.try_number}"
        return moved_path(dag_id=ti_key.dag_id, run=run)


class DeskLink(BaseOperatorLink):
    """The button "At the desk" of every stage: the page that shows what waits for this stage, or what it stopped."""

    name = "At the desk"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:
        """Return the page's address without scheme and host; empty for a task that has no page."""
        page: str = getattr(operator, "desk_page", "")
        states: Sequence[str] = getattr(operator, "desk_states", ())
        return desk_path(page, lane=getattr(operator, "lane", ""), state=states) if page else ""


def moved_path(*, dag_id: str, run: str) -> str:
    """Return the address of the page for one try of a task; `run` is `<run id>/<task id>/<try>`."""
    return desk_path("moved", dag_id=dag_id, run=run)


def alert_links(log: str = "") -> Links:
    """Return full addresses for alerts, which are read outside Airflow; empty without `[api] base_url`."""
    from cartage.runtime.links import Links

    return Links(
        moved=_moved_url,
        coverage=lambda lane: _url(desk_path("coverage", lane=lane)),
        stock=lambda lane: _url(desk_path("stock", lane=lane)),
        differences=differences_url,
        dag=_dag_url,
        log=log,
    )


def reports_url(lanes: Sequence[str]) -> str:
    """Return the full address of the reports of one lane or of all; empty without `[api] base_url`."""
    return _url(desk_path("reports", lane=lanes[0]) if len(lanes) == 1 else desk_path("reports"))


def differences_url(lane: str) -> str:
    """Return the full address of a lane's differences; empty without `[api] base_url`."""
    return _url(desk_path("differences", lane=lane))


def _moved_url(run_key: str) -> str:
    """Return the address for a run key `<DAG>/<run id>/<task>/<try>`; a run of the command line has none."""
    dag_id, _, run = run_key.partition("/")
    return "" if dag_id == _COMMAND_LINE or run.count("/") != 2 else _url(moved_path(dag_id=dag_id, run=run))


def _dag_url(dag_id: str) -> str:
    return _url(f"{_base_path()}/dags/{dag_id}")


def airflow_path(run_key: str) -> str:
    """Return the path of Airflow's page of a try, by its key `<DAG>/<run id>/<task>/<try>`; empty for other keys.

    Airflow has no runs of people, nor of the command line.
    """
    dag_id, _, rest = run_key.partition("/")
    run_id, _, place = rest.rpartition("/")[0].rpartition("/")
    number = rest.rpartition("/")[2]
    if dag_id == _COMMAND_LINE or not (run_id and place and number.isdigit()):
        return ""
    task = f"runs/{quote(run_id, safe='')}/tasks/{quote(place, safe='')}"
    return f"{_base_path()}/dags/{quote(dag_id, safe='')}/{task}?try_number={number}"


def _base_path() -> str:
    from airflow.sdk.configuration import conf

    return urlsplit(conf.get("api", "base_url", fallback="") or "").path.rstrip("/")


def _url(path: str) -> str:
    """Return a path with the scheme and host of `[api] base_url`."""
    from airflow.sdk.configuration import conf

    base = urlsplit(conf.get("api", "base_url", fallback="") or "")
    return f"{base.scheme}://{base.netloc}{path}" if base.scheme and base.netloc else ""


def desk_path(page: str, **query: str | Sequence[str]) -> str:
    """Return the path of a desk page, below the path of `[api] base_url`, without scheme and host."""
    path = f"{_base_path()}{DESK_PREFIX}/{page}"
    return f"{path}?{urlencode(query, doseq=True)}" if query else path
