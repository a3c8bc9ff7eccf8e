"""${message}."""

# ruff: noqa: E501, PLR0915 -- written by tests/contract/db/draft_migration.py, then read by a person

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    """Take the step. There is no way back: an older form of the ledger is its backup."""
    ${upgrades if upgrades else "pass"}
