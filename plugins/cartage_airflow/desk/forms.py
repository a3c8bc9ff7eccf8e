"""Forms that no other site can send in a person's name: each carries a token that Airflow's key signs for that person.

Browsers send Airflow's cookie along with whatever a foreign page posts; the token they cannot know. It names the user,
hence one that an attacker fetched for themselves is worth nothing in another's session.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import HTTPException, Request, status
from itsdangerous import BadSignature, URLSafeTimedSerializer

from cartage_airflow.desk.inside import airflow_app

if TYPE_CHECKING:
    from airflow.api_fastapi.auth.managers.models.base_user import BaseUser

_SECONDS = 12 * 3600


def form_token(request: Request, user: BaseUser) -> str:
    """What a form of this user's page must carry; good for half a day."""
    return str(_signer(request).dumps(_owner(user)))


def refuse_forgery(request: Request, user: BaseUser, token: str) -> None:
    """Let a posted form through only with a token that was made for this user.

    Raises:
        HTTPException: 403.
    """
    try:
        owner = _signer(request).loads(token, max_age=_SECONDS)
    except BadSignature:  # also one that is too old
        owner = None
    if owner is None or owner != _owner(user):
        raise HTTPException(
            status.HTTP_403_FORBIDDEN, "This form is too old, or comes from elsewhere. Open the page again."
        )


def _owner(user: BaseUser) -> str:
    return f"user:{user.get_id()}"


def _signer(request: Request) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(airflow_app(request).state.secret_key, salt="cartage desk form")
