"""Puts the desk together: routes, headers and error pages. Built on the first request.

Every request is refused unless a route's own dependency on Airflow's auth manager allows it. Without an auth manager
there is no desk.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from airflow.api_fastapi.app import get_auth_manager
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from cartage.errors import LedgerError, SettingsError
from cartage_airflow.desk import static_files
from cartage_airflow.desk.pages.activity import route as activity
from cartage_airflow.desk.pages.attention import actions as attention_actions
from cartage_airflow.desk.pages.attention import moved as attention_filters
from cartage_airflow.desk.pages.attention import route as attention
from cartage_airflow.desk.pages.coverage import route as coverage
from cartage_airflow.desk.pages.differences import route as differences
from cartage_airflow.desk.pages.files import route as files
from cartage_airflow.desk.pages.home import route as home
from cartage_airflow.desk.pages.job import route as job
from cartage_airflow.desk.pages.mappings import catalogue
from cartage_airflow.desk.pages.mappings import files as mapping_files
from cartage_airflow.desk.pages.mappings import route as mappings
from cartage_airflow.desk.pages.moved import route as moved
from cartage_airflow.desk.pages.order import route as order
from cartage_airflow.desk.pages.order import route_choice
from cartage_airflow.desk.pages.orders import bulk as bulk_actions
from cartage_airflow.desk.pages.orders import export as order_export
from cartage_airflow.desk.pages.orders import route as orders
from cartage_airflow.desk.pages.orders import saved as saved_views
from cartage_airflow.desk.pages.payloads import route as payloads
from cartage_airflow.desk.pages.reports import route as reports
from cartage_airflow.desk.pages.routing import route as routing
from cartage_airflow.desk.pages.skipped import route as skipped
from cartage_airflow.desk.pages.stock import route as stock
from cartage_airflow.desk.rendering import render_message

log = logging.getLogger(__name__)

_ROUTES = (
    home,
    attention,
    attention_actions,
    attention_filters,
    activity,
    reports,
    orders,
    order_export,
    bulk_actions,
    saved_views,
    order,
    route_choice,
    payloads,
    mappings,
    mapping_files,
    catalogue,
    routing,
    stock,
    differences,
    files,
    skipped,
    coverage,
    job,
    moved,
    static_files,
)

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'; "
    "script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}

_TITLES = {401: "You are not signed in", 403: "Not allowed", 404: "Not found"}


def build_desk() -> FastAPI:
    """Return the desk as a FastAPI application, to be mounted below Airflow's own.

    Raises:
        RuntimeError: if Airflow has no auth manager.
    """
    get_auth_manager()
    # FastAPI's own documentation pages would be routes that ask for no permission.
    app = FastAPI(title="Cartage", docs_url=None, redoc_url=None, openapi_url=None)
    for module in _ROUTES:
        app.include_router(module.router)
    app.middleware("http")(_add_headers)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(LedgerError, _not_possible)
    app.add_exception_handler(SQLAlchemyError, _ledger_unavailable)
    app.add_exception_handler(SettingsError, _ledger_unavailable)
    return app


async def _add_headers(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """Allow only the desk's own scripts, no framing or forms across sites, and no copy of a page in the browser."""
    response = await call_next(request)
    response.headers.update(_HEADERS)
    response.headers.setdefault("Cache-Control", "no-store")
    return response


async def _refused(request: Request, failure: Exception) -> Response:
    assert isinstance(failure, HTTPException)  # noqa: S101 - what it is registered for
    title = _TITLES.get(failure.status_code, "That did not work")
    return render_message(request, title, str(failure.detail), status=failure.status_code)


async def _invalid(request: Request, failure: Exception) -> Response:
    assert isinstance(failure, RequestValidationError)  # noqa: S101 - what it is registered for
    # The values may be personal data; the names of the fields are ours.
    fields = ", ".join(dict.fromkeys(str(error["loc"][-1]) for error in failure.errors()))
    text = f"Missing or not valid: {fields}. Open the page again."
    return render_message(request, "That request is not valid", text, status=422)


async def _not_possible(request: Request, failure: Exception) -> Response:
    return render_message(request, "That is not possible now", str(failure), status=409)


async def _ledger_unavailable(request: Request, failure: Exception) -> Response:
    # The text of a database error may contain the statement's values; the log gets only its type.
    log.error("the ledger is unavailable for %s: %s", request.url.path, type(failure).__name__)
    return render_message(
        request,
        "The ledger is unavailable",
        "The page could not be read from the ledger in time. Check that its database is running, and that "
        "the connection cartage_ledger or CARTAGE_LEDGER_URL names it where Airflow's api-server runs.",
        status=503,
    )
