"""Puts the desk together: routes, headers, and the page of an error. Built on its first request.

Everybody is refused unless a route's own dependency on Airflow's auth manager lets them in; where there is no auth
manager, there is no desk.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from airflow.api_fastapi.app import get_auth_manager
from fastapi import FastAPI, Request, Response
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from cartage.errors import LedgerError, SettingsError
from cartage_airflow.desk.pages import render
from cartage_airflow.desk.routes import (
    actions,
    alerts,
    blocked,
    coverage,
    files,
    held,
    mapping_files,
    mappings,
    moved,
    order,
    orders,
    overview,
    questions,
    skipped,
    stock,
    work,
)

log = logging.getLogger(__name__)

_ROUTES = (
    overview,
    orders,
    order,
    actions,
    blocked,
    mappings,
    mapping_files,
    questions,
    stock,
    alerts,
    held,
    skipped,
    coverage,
    work,
    moved,
    files,
)

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'; "
    "script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def build_desk() -> FastAPI:
    """The desk as a FastAPI application, to be mounted below Airflow's own.

    Raises:
        RuntimeError: if Airflow has no auth manager that could be asked who may see what.
    """
    get_auth_manager()
    # Its own documentation pages would be routes that ask nobody.
    app = FastAPI(title="Cartage", docs_url=None, redoc_url=None, openapi_url=None)
    for module in _ROUTES:
        app.include_router(module.router)
    app.middleware("http")(_guarded)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(LedgerError, _not_possible)
    app.add_exception_handler(SQLAlchemyError, _ledger_is_away)
    app.add_exception_handler(SettingsError, _ledger_is_away)
    return app


async def _guarded(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """Only the desk's own script runs, no other site frames the page or is sent a form, and no browser keeps a page."""
    response = await call_next(request)
    response.headers.update(_HEADERS)
    response.headers.setdefault("Cache-Control", "no-store")
    return response


async def _refused(request: Request, failure: Exception) -> Response:
    assert isinstance(failure, HTTPException)  # noqa: S101 - what it is registered for
    titles = {401: "You are not signed in", 403: "Not allowed", 404: "Not found"}
    title = titles.get(failure.status_code, "That did not work")
    return render(request, "message.html", status=failure.status_code, title=title, text=str(failure.detail))


async def _not_possible(request: Request, failure: Exception) -> Response:
    return render(request, "message.html", status=409, title="That is not possible now", text=str(failure))


async def _ledger_is_away(request: Request, failure: Exception) -> Response:
    # The text of a database error may hold the statement's values; the log gets its kind, the page neither.
    log.error("the ledger did not answer %s: %s", request.url.path, type(failure).__name__)
    return render(
        request,
        "message.html",
        status=503,
        title="The ledger does not answer",
        text="The page could not be read from the ledger in time. Check that its database is up, and that "
        "the connection cartage_ledger or CARTAGE_LEDGER_URL names it where Airflow's api-server runs.",
    )
