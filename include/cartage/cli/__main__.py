"""`python -m cartage.cli`: the program `cartage`, where its script is not on the path."""

from cartage.cli.main import app

app()
