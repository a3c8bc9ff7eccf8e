"""Run `cartage` as `python -m cartage.cli`, for when its script is not on the path."""

from cartage.cli.main import app

app()
