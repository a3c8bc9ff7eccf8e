"""Metadata with stable constraint names, which migrations need, shared column types, and functions for indexes."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import DDL, Column, DateTime, MetaData, Text, event, text

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
        "ck": "%(table_name)s_%(constraint_name)s_check",
    }
)

TIME = DateTime(timezone=True)
NOW = text("clock_timestamp()")


def warehouse_column(*, primary_key: bool = False) -> Column[str]:
    """Return the column of the warehouse's name in its lane; empty for the one warehouse of a lane."""
    return Column("warehouse", Text, primary_key=primary_key, nullable=False, server_default="")


def one_of(column: str, values: Iterable[str]) -> str:
    """Return the text of a check that a column has one of these values."""
    return f"{column} IN ({', '.join(repr(str(value)) for value in sorted(values))})"


# Names and e-mail addresses are searched for in part, with an index. PostgreSQL's extension for this, pg_trgm, is not
# part of every server. An index on these functions follows its rows by itself: no text is left in it when retention
# empties an order. They use nothing but PostgreSQL's own functions: when it analyses a table or restores a dump, it
# looks up no others. A change of one needs a migration that rebuilds its index (REINDEX).

# The e-mail address, and the names of all ship-to addresses, each after a blank, in lower case without accents.
_SEARCH_TEXT = r"""
CREATE OR REPLACE FUNCTION search_text(document jsonb) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 500 AS $$
    SELECT regexp_replace(lower(regexp_replace(
        normalize(left(string_agg(' ' || part, ''), 1000), NFKD), '[\u0300-\u036f]', '', 'g')), '\s+', ' ', 'g')
    FROM (
        SELECT document ->> 'email' AS part
        UNION ALL
        SELECT address.part FROM jsonb_path_query(document, 'lax $.groups[*].ship_to') AS ship_to,
            LATERAL (VALUES (ship_to ->> 'name'), (ship_to ->> 'company'), (ship_to ->> 'email')) AS address(part)
    ) AS parts
$$
"""

# Every three characters that follow each other.
_SEARCH_GRAMS = """
CREATE OR REPLACE FUNCTION search_grams(value text) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 500 AS $$
    SELECT array_agg(DISTINCT substr(value, place, 3)) FROM generate_series(1, length(value) - 2) AS place
$$
"""

INDEX_FUNCTIONS = (_SEARCH_TEXT, _SEARCH_GRAMS)

for _function in INDEX_FUNCTIONS:
    event.listen(metadata, "before_create", DDL(_function.replace("%", "%%")))  # type: ignore[no-untyped-call]
