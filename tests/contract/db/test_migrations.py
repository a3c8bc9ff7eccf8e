"""The migrations create exactly the tables of the schema, once, in any number of processes."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, NullPool, create_engine, text

from cartage.db.migrate import VERSION_TABLE, Status, ledger_status, migrate_ledger
from cartage.db.schema import metadata
from cartage_sandbox.stack.postgres import EmbeddedPostgres

NEWEST = "0003"

# What PostgreSQL knows about a schema, and Alembic's comparison does not see, or not exactly.
CATALOGUE_QUERIES = {
    "constraints": """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2""",
    "indexes": """
        SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1, 2""",
    "columns": """
        SELECT table_name, column_name, data_type, udt_name, is_nullable, column_default, is_identity,
            identity_generation, col_description(table_name::regclass, ordinal_position)
        FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, column_name""",
}


@pytest.fixture
def new_database(postgres: EmbeddedPostgres, request: pytest.FixtureRequest) -> Any:
    name = f"new_{abs(hash(request.node.name)) % 10**8}"
    yield postgres.create_database(name)
    postgres.drop_database(name)


def described(connection: Connection) -> dict[str, list[tuple[Any, ...]]]:
    return {
        what: [tuple(row) for row in connection.execute(text(query)) if row[0] != VERSION_TABLE]
        for what, query in CATALOGUE_QUERIES.items()
    }


def test_alembic_finds_no_difference_between_tables_and_migrations(shared_engine: Any) -> None:
    with shared_engine.connect() as connection:
        options = {"compare_type": True, "compare_server_default": True, "version_table": VERSION_TABLE}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == [], "run tests/contract/db/draft_migration.py"


def test_checks_indexes_comments_and_defaults_are_those_of_the_tables(
    shared_engine: Any, new_database: str
) -> None:
    engine = create_engine(new_database, poolclass=NullPool)
    with engine.begin() as by_tables, shared_engine.connect() as by_migrations:
        metadata.create_all(by_tables)
        wanted, there = described(by_tables), described(by_migrations)
    for what, rows in wanted.items():
        assert there[what] == rows, f"{what} differ: run tests/contract/db/draft_migration.py"
    assert len(wanted["constraints"]) > 50


def test_migrating_twice_changes_nothing(new_database: str) -> None:
    assert ledger_status(new_database) == Status(None, NEWEST)
    assert not ledger_status(new_database).up_to_date
    assert migrate_ledger(new_database) == NEWEST
    assert migrate_ledger(new_database) == NEWEST
    assert ledger_status(new_database).up_to_date


def test_several_processes_can_migrate_at_once(new_database: str) -> None:
    program = "import sys; from cartage.db.migrate import migrate_ledger; print(migrate_ledger(sys.argv[1]))"
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program, new_database],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    ends = [process.communicate() for process in processes]
    assert [out.strip() for out, _ in ends] == [NEWEST] * 3, [err for _, err in ends]


def test_several_threads_can_migrate_at_once(new_database: str) -> None:
    with ThreadPoolExecutor(3) as pool:
        assert set(pool.map(migrate_ledger, [new_database] * 3)) == {NEWEST}


def test_migrations_run_from_any_directory_on_the_deployments_ledger(
    new_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CARTAGE_LEDGER_URL", new_database)
    assert migrate_ledger() == NEWEST
    assert ledger_status().up_to_date


def test_a_failed_migration_leaves_the_ledger_as_it_was(new_database: str) -> None:
    engine = create_engine(new_database, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE package (in_the_way int)"))
    with pytest.raises(Exception, match="package"):
        migrate_ledger(new_database)
    with engine.begin() as connection:
        tables = connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
        assert tables.scalars().all() == ["package"]


def test_the_ledger_can_share_its_database_with_another_alembic(new_database: str) -> None:
    engine = create_engine(new_database, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num varchar(32))"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('f0e1d2')"))
    assert migrate_ledger(new_database) == NEWEST
    with engine.begin() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "f0e1d2"
