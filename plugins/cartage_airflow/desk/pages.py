"""Renders the desk's templates. What a store or warehouse sent is always escaped."""

from __future__ import annotations

from functools import cache
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from cartage.history.calendar import length_text


def render(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A page from a template; the style element carries the nonce that the content security policy names."""
    text = _environment().get_template(template).render(nonce=request.state.nonce, **values)
    return HTMLResponse(text, status_code=status)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("cartage_airflow.desk"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["length_of_time"] = length_text
    return environment
