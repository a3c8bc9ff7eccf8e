"""Metadata with stable constraint names, which migrations need, and shared column types."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import DateTime, MetaData, text

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


def one_of(column: str, values: Iterable[str]) -> str:
    """Return the text of a check that a column has one of these values."""
    return f"{column} IN ({', '.join(repr(str(value)) for value in sorted(values))})"
