"""Protection against cross-site requests: every form carries a token that Airflow's secret key signs for its user.

A browser sends Airflow's cookie along with a form that another site posts, but that site cannot know the token. The
token names the user, so one that an attacker got for themselves is worthless in somebody else's session.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import HTTPException, Request, status
from itsdangerous import BadSignature, URLSafeTimedSerializer

from cartage_airflow.desk.airflow_api import airflow_app

if TYPE_CHECKING:
    from airflow.api_fastapi.auth.managers.models.base_user import BaseUser

_MAX_AGE_SECONDS = 12 * 3600


def form_token(request: Request, user: BaseUser) -> str:
    """Return the token for the forms on this user's page; valid for twelve hours."""
    return str(_signer(request).dumps(_owner(user)))


def refuse_forgery(request: Request, user: BaseUser, token: str) -> None:
    """Accept a posted form only with a token that was made for this user.

    Raises:
        HTTPException: 403 if the token is missing, too old or somebody else's.
    """
    try:
        owner = _signer(request).loads(token, max_age=_MAX_AGE_SECONDS)
    except BadSignature:  # includes a token that is too old
        owner = None
    if owner is None or owner != _owner(user):
        raise HTTPException(
            status.HTTP_403_FORBIDDEN,
            "This form is too old or comes from another site. Open the page again.",
        )


def _owner(user: BaseUser) -> str:
    return f"user:{user.get_id()}"


def _signer(request: Request) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(airflow_app(request).state.secret_key, salt="cartage desk form")
