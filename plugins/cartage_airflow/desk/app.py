"""Puts the desk together: routes, headers, and the page of an error. Built on its first request.

Everybody is refused unless a route's own dependency on Airflow's auth manager lets them in.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request, Response
from sqlalchemy.exc import SQLAlchemyError

from cartage.errors import SettingsError
from cartage_airflow.desk.pages import render
from cartage_airflow.desk.routes import coverage, moved

log = logging.getLogger(__name__)


def build_desk() -> FastAPI:
    """The desk as a FastAPI application, to be mounted below Airflow's own."""
    # Its own documentation pages would be routes that ask nobody.
    app = FastAPI(title="Cartage", docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(moved.router)
    app.include_router(coverage.router)
    app.middleware("http")(_guarded)
    app.add_exception_handler(SQLAlchemyError, _ledger_is_away)
    app.add_exception_handler(SettingsError, _ledger_is_away)
    return app


async def _guarded(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """No script runs, no other site frames the page or is sent a form, and no browser keeps it."""
    request.state.nonce = secrets.token_urlsafe(16)
    response = await call_next(request)
    response.headers.update(
        {
            "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'self'; "
            f"frame-ancestors 'self'; style-src 'nonce-{request.state.nonce}'",
            "Cache-Control": "no-store",
            "Referrer-Policy": "same-origin",
            "X-Content-Type-Options": "nosniff",
        }
    )
    return response


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
