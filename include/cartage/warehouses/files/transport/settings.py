"""The part of a file lane's settings that says where files are, and how they are published and taken in."""

from __future__ import annotations

import posixpath
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from cartage.lanes.kinds import Duration, Settings, setting_error


class Publish(StrEnum):
    """How a document becomes visible to the warehouse in one step."""

    RENAME = "rename"  # Written under a temporary name, then renamed.
    DIRECT = "direct"  # Written under its final name at once: for servers that take away whatever they see.


class Archiving(StrEnum):
    """What becomes of a file of the warehouse once it was taken in."""

    ARCHIVE = "archive"
    DELETE = "delete"


def _folder(value: str) -> str:
    if "\x00" in value or "\n" in value or "\r" in value:
        raise setting_error("is not the path of a folder", "Write it as the warehouse's side has it: /in.")
    return posixpath.normpath(value.strip()) if value.strip() else ""


FolderPath = Annotated[str, AfterValidator(_folder)]


class TransferSettings(Settings):
    """Folders, publishing and reading. Folder names are the warehouse's: its `/in` is where our orders go."""

    folder: str = Field(
        default="",
        description="Mounted folder that holds the others, on every worker; empty: SFTP by the lane's connection.",
    )
    orders_to: FolderPath = Field(min_length=1, description="Folder from which the warehouse takes orders.")
    staging: FolderPath = Field(
        default="",
        description="Folder for unfinished order files, on the same file system; empty: orders_to, with names "
        "that begin with a dot and end in .tmp. Needed where the warehouse takes such names, too.",
    )
    publish: Publish = Field(
        default=Publish.RENAME,
        description="rename (temporary name, then one rename), or direct where the server takes every file at once.",
    )
    read_from: tuple[FolderPath, ...] = Field(
        default=(), description="Folders in which the warehouse leaves its files."
    )
    after_reading: Archiving = Field(
        default=Archiving.ARCHIVE, description="archive or delete a file once it was taken in."
    )
    archive_to: FolderPath = Field(
        default="", description="Folder for files that were taken in; on the same file system as read_from."
    )
    temporary_suffixes: tuple[str, ...] = Field(
        default=(".tmp", ".temp", ".part", ".partial", ".filepart", ".crdownload", ".writing"),
        description="Ends of names that are left alone, in any letter case; so are names that begin with a dot.",
    )
    done_file: str = Field(
        default="",
        description="Name of the empty file that says that another is complete, such as '{name}.done' or "
        "'{stem}.done'; empty: a file is complete once it stands still.",
    )
    settle: Duration = Field(
        default=timedelta(seconds=60), description="How long a file must stand still before it is read."
    )
    files_per_run: int = Field(
        default=500, ge=1, description="How many files a run reads from each folder, oldest first."
    )
    largest_file: int = Field(
        default=100_000_000, ge=1, description="The largest file that is read, in bytes."
    )

    @property
    def staging_folder(self) -> str:
        """The folder for unfinished files."""
        return self.staging or self.orders_to

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.read_from and self.after_reading is Archiving.ARCHIVE and not self.archive_to:
            raise setting_error(
                "names no archive_to",
                "Name the folder for files that were taken in, or write after_reading: delete.",
            )
        if self.archive_to and self.archive_to in self.read_from:
            raise setting_error(
                "archives into a folder that it reads", "Name another folder in archive_to: /out/archive."
            )
        if self.orders_to in self.read_from:
            raise setting_error(
                "reads the folder into which it writes orders",
                "orders_to is the folder from which the warehouse takes orders; read_from has its own files.",
            )
        if self.done_file and "{name}" not in self.done_file and "{stem}" not in self.done_file:
            raise setting_error(
                "has a done_file without {name} or {stem}", "Write for example '{name}.done'."
            )
        return self
