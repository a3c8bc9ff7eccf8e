"""The stylesheet and the programs of the pages, for whoever may see Airflow at all."""

from __future__ import annotations

from airflow.api_fastapi.auth.managers.models.resource_details import AccessView
from airflow.api_fastapi.core_api.security import requires_access_view
from fastapi import APIRouter, Depends, HTTPException, Response, status

from cartage_airflow.desk.static import CONTENTS

router = APIRouter()
# The address changes with the content.
_KEEP = "private, max-age=31536000, immutable"


@router.get("/static/{name}", dependencies=[Depends(requires_access_view(AccessView.WEBSITE))])
def file(name: str) -> Response:
    """One of the files that a page names."""
    if name not in CONTENTS:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "There is no such file.")
    content, kind = CONTENTS[name]
    return Response(content, media_type=kind, headers={"Cache-Control": _KEEP})
