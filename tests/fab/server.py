"""Airflow's api-server with FAB's users and roles, and the desk in it: `python -m tests.fab.server PORT FILE`.

It runs in a process of its own, because its settings (auth manager, database) would apply to every later test. FILE is
Airflow's own database. No scheduler runs: what is started stays queued. The only user is `admin`, with that password.
"""

from __future__ import annotations

import os
import sys

from tests.dags.airflow_home import ROOT, use_temporary_home

FAB = "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager"
# The DAGs that the desk checks rights on and starts runs of.
_DAG_FILES = ("orders", "desk_jobs", "required_actions")


def serve(port: int, database: str) -> None:
    """Serve until the process ends."""
    cartage = {name: value for name, value in os.environ.items() if name.startswith("CARTAGE_")}
    use_temporary_home()
    os.environ |= cartage | {
        "AIRFLOW__CORE__AUTH_MANAGER": FAB,
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{database}",
    }

    import uvicorn
    from airflow import settings
    from airflow.api_fastapi.app import create_app
    from airflow.utils.db import initdb

    settings.initialize()  # type: ignore[no-untyped-call]
    initdb()
    _read_dags()
    app = create_app(apps="core")
    _make_admin()
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")


def _read_dags() -> None:
    """Write the DAGs into Airflow's database with a FAB resource for each, as the dag processor does."""
    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db
    from airflow.utils.session import create_session

    DagBundlesManager().sync_bundles_to_db()  # type: ignore[no-untyped-call]
    for name in _DAG_FILES:
        bag = DagBag(ROOT / "dags" / f"{name}.py")
        assert not bag.import_errors, bag.import_errors
        with create_session() as session:
            sync_bag_to_db(bag, "dags-folder", None, session=session)


def _make_admin() -> None:
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.providers.fab.auth_manager.fab_auth_manager import FabAuthManager

    manager = get_auth_manager()
    assert isinstance(manager, FabAuthManager)
    assert manager.flask_app is not None
    with manager.flask_app.app_context():
        security = manager.security_manager
        role = security.find_role("Admin")
        security.add_user("admin", "Ada", "Min", "admin@example.com", role, password="admin")


if __name__ == "__main__":
    serve(int(sys.argv[1]), sys.argv[2])
