"""Run the migrations in the transaction that `cartage.db.migrate` opened. Alembic executes this file."""

from __future__ import annotations

from alembic import context

from cartage.db.migrate import VERSION_TABLE
from cartage.db.schema import metadata
from cartage.db.schema.base import INDEX_FUNCTIONS

for function in INDEX_FUNCTIONS:
    context.config.attributes["connection"].exec_driver_sql(function)
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    compare_type=True,
    compare_server_default=True,
)
context.run_migrations()
