"""The manual's tables of a profile's settings and fields, written from the models, so that none is left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cartage.lanes.manual import replace_between, settings_table
from cartage.warehouses.files.profiles.settings.inbound import (
    AcknowledgementColumns,
    AcknowledgementFiles,
    ConfirmationColumns,
    ConfirmationFiles,
    InventoryColumns,
    InventoryFiles,
)
from cartage.warehouses.files.profiles.settings.orders import OrderFiles, WrittenColumn
from cartage.warehouses.files.profiles.settings.profile import CsvProfile
from cartage.warehouses.files.profiles.settings.sources import FILE_FIELDS, LINE_FIELDS, ORDER_FIELDS
from cartage.warehouses.files.profiles.settings.tables import Footer, InboundFiles, ReadColumn, RowFilter

BEGIN_PROFILE = "<!-- profile: written by `cartage files profiles manual`; do not edit by hand -->"
END_PROFILE = "<!-- end of profile -->"


def profile_manual() -> str:
    """Return every setting of a profile and every field of an order, as Markdown tables."""
    return "\n\n".join([BEGIN_PROFILE, *_tables(), END_PROFILE])


def with_profile_settings(page: str) -> str:
    """Return a page of the manual with the tables between its markers replaced.

    Raises:
        ValueError: if the page does not have the markers.
    """
    return replace_between(page, BEGIN_PROFILE, END_PROFILE, profile_manual())


def _tables() -> Iterator[str]:
    shared = set(InboundFiles.model_fields)
    yield settings_table("A profile", CsvProfile)
    yield settings_table("`orders`: files with orders", OrderFiles, "orders")
    yield settings_table("A column that is written", WrittenColumn)
    yield _field_table("Fields of an order", ORDER_FIELDS)
    yield _field_table("Fields of a line", LINE_FIELDS)
    yield _field_table("Fields of the file", FILE_FIELDS)
    yield settings_table("Every section of files that are read", InboundFiles)
    yield settings_table("A column that is read", ReadColumn)
    yield settings_table("`footer`", Footer, "footer")
    yield settings_table("`only[]`", RowFilter, "only[]")
    yield settings_table("`confirmations`: what shipped", ConfirmationFiles, "confirmations", shared)
    yield settings_table("`confirmations.columns`", ConfirmationColumns, "confirmations.columns")
    yield settings_table(
        "`acknowledgements`: accepted or rejected", AcknowledgementFiles, "acknowledgements", shared
    )
    yield settings_table("`acknowledgements.columns`", AcknowledgementColumns, "acknowledgements.columns")
    yield settings_table("`inventory`: stock", InventoryFiles, "inventory", shared)
    yield settings_table("`inventory.columns`", InventoryColumns, "inventory.columns")


def _field_table(title: str, fields: Mapping[str, str]) -> str:
    rows = [f"| `{name}` | {meaning} |" for name, meaning in fields.items()]
    return "\n".join([f"### {title}", "", "| field | meaning |", "|---|---|", *rows])
