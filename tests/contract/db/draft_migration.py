"""Write the next migration: the difference between the tables and the migrations.

    .venv/bin/python tests/contract/db/draft_migration.py "What changes"
    .venv/bin/python tests/contract/db/draft_migration.py --again

`--again` replaces the newest migration; use it only while no ledger has that one. Review the result: Alembic does not
see changed CHECK constraints, and takes a renamed column for a new one.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import NullPool, create_engine

import cartage.db.migrations
from cartage.db.migrate import config, migrate_ledger
from cartage_sandbox.stack.postgres import EmbeddedPostgres

VERSIONS = Path(next(iter(cartage.db.migrations.__path__))) / "versions"


def draft(url: str, message: str) -> Path:
    """Write `NNNN_message.py` from the difference between the database at `url` and the tables."""
    with create_engine(url, poolclass=NullPool).connect() as connection:
        settings = config(connection)
        settings.set_main_option("file_template", "%%(rev)s_%%(slug)s")
        number = f"{1 + len(list(ScriptDirectory.from_config(settings).walk_revisions())):04}"
        command.revision(settings, message, autogenerate=True, rev_id=number)
    path = next(VERSIONS.glob(f"{number}_*.py"))
    path.write_text(re.sub(r"\n    # ### .*", "", path.read_text()))
    subprocess.run([sys.executable, "-m", "ruff", "format", "--quiet", str(path)], check=True)
    return path


def main(argument: str) -> None:
    with EmbeddedPostgres(throw_away=True) as server:
        url = server.create_database("ledger")
        if argument == "--again":
            newest = max(VERSIONS.glob("0*.py"))
            argument = newest.read_text().split('"""')[1].rstrip(".")
            newest.unlink()
        migrate_ledger(url)
        draft(url, argument)


if __name__ == "__main__":
    main(sys.argv[1])
