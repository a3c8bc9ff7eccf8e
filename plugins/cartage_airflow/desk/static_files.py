"""The stylesheet and the scripts of the pages, by name. Nothing else can be read from their folder."""

from __future__ import annotations

import hashlib
from importlib.resources import files

from airflow.api_fastapi.auth.managers.models.resource_details import AccessView
from airflow.api_fastapi.core_api.security import requires_access_view
from fastapi import APIRouter, Depends, HTTPException, Response, status

router = APIRouter()

_TYPES = {
    "desk.css": "text/css; charset=utf-8",
    "desk.js": "text/javascript; charset=utf-8",
    "htmx-2.0.11.min.js": "text/javascript; charset=utf-8",
}
_FOLDER = files("cartage_airflow.desk") / "static"
# The address changes with the content.
_CACHE_CONTROL = "private, max-age=31536000, immutable"

CONTENTS = {name: ((_FOLDER / name).read_bytes(), media_type) for name, media_type in _TYPES.items()}
"""Content and media type of each file."""

VERSION = hashlib.sha256(b"".join(content for content, _ in CONTENTS.values())).hexdigest()[:12]
"""Changes when any of the files changes, so that a browser may cache them."""


@router.get("/static/{name}", dependencies=[Depends(requires_access_view(AccessView.WEBSITE))])
def static_file(name: str) -> Response:
    """Return a file that a page names, to everyone who may see Airflow."""
    if name not in CONTENTS:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "There is no such file.")
    content, media_type = CONTENTS[name]
    return Response(content, media_type=media_type, headers={"Cache-Control": _CACHE_CONTROL})
