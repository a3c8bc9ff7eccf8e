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
# looks up no others. A change of one needs a migration that rebuilds its index (REINDEX). They are in PL/pgSQL, whose
# expressions cost a fraction of a query: each change of an order that its indexes show runs both.

# The e-mail address, and the names of all ship-to addresses, each after a blank, in lower case without accents.
_SEARCH_TEXT = r"""
CREATE OR REPLACE FUNCTION search_text(document jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 200 AS $$
DECLARE
    found text := coalesce(' ' || (document ->> 'email'), '');
    addresses jsonb := jsonb_path_query_array(document, 'lax $.groups[*].ship_to');
    address jsonb;
BEGIN
    FOR place IN 0 .. jsonb_array_length(addresses) - 1 LOOP
        address := addresses -> place;
        found := found || coalesce(' ' || (address ->> 'name'), '') || coalesce(' ' || (address ->> 'company'), '')
            || coalesce(' ' || (address ->> 'email'), '');
    END LOOP;
    found := left(found, 1000);
    IF octet_length(found) > length(found) THEN
        found := regexp_replace(normalize(found, NFKD), '[\u0300-\u036f]', '', 'g');
    END IF;
    RETURN regexp_replace(lower(found), '\s+', ' ', 'g');
END
$$
"""

# Every three characters that follow each other; those that repeat, too: an index keeps each once.
_SEARCH_GRAMS = """
CREATE OR REPLACE FUNCTION search_grams(value text) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 400 AS $$
DECLARE
    grams text[] := '{}';
BEGIN
    FOR place IN 1 .. length(value) - 2 LOOP
        grams[place] := substr(value, place, 3);
    END LOOP;
    RETURN grams;
END
$$
"""

INDEX_FUNCTIONS = (_SEARCH_TEXT, _SEARCH_GRAMS)

for _function in INDEX_FUNCTIONS:
    event.listen(metadata, "before_create", DDL(_function.replace("%", "%%")))  # type: ignore[no-untyped-call]
