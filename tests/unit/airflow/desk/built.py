"""The desk's application, built once for all tests of a process: that takes longer than most of them."""

from __future__ import annotations

from functools import cache
from typing import Any

from airflow.api_fastapi.core_api import security
from fastapi import FastAPI

from cartage_airflow.desk.app import build_desk

_built = cache(build_desk)


def desk_for(user: Any = None) -> FastAPI:
    """Return the desk, whose dependency on Airflow's user is `user` from now on; None leaves it to Airflow.

    An auth manager must be in place. All callers get the same application: a later caller's user counts for all.
    """
    app = _built()
    app.dependency_overrides.clear()
    if user is not None:
        app.dependency_overrides[security.get_user] = user
    return app
