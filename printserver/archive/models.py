"""Rows of archive records: one for each copy whose signed paper came home complete, and what finds them again."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKey, Index, Integer, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from printserver.archive import fixity_models, retention_models, sweep_models
from printserver.foundation.database import Base

__all__ = ["fixity_models", "retention_models", "sweep_models"]
"""Rows with files of their own, which come along with these."""

_COUNTED = BigInteger().with_variant(Integer(), "sqlite")
"""Only an INTEGER key counts by itself on SQLite, where it has 64 bits all the same."""


class ArchiveRecord(Base):
    """`number` is the archive number (档号); `serial` is spelled as people read it.

    `pages` lists {"page", "image_sha256", "scan_sha256", "position", "verdict", "return_id"}, page 1 first; since
    release 0004 also {"kind", "pose", "dpi", "rotation", "scan_um"}.
    `catalogue`: year and class, such as 2026/general.   `contract_end`: counted from by retention.
    `searchable_state`: none (of an earlier release), waiting, made or failed; `searchable_pages` lists
    {"page", "text"} with where each page's words come from.
    """

    __tablename__ = "archive_record"
    __table_args__ = (
        UniqueConstraint("organisation_id", "number"),
        Index("archive_record_catalogue", "organisation_id", "catalogue"),
        Index("archive_record_newest_of_branch", "branch_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    branch_id: Mapped[UUID] = mapped_column(ForeignKey("branch.id"), index=True)
    copy_id: Mapped[UUID] = mapped_column(ForeignKey("copy.id"), unique=True)
    request_id: Mapped[UUID] = mapped_column(ForeignKey("print_request.id"), index=True)
    number: Mapped[str]
    serial: Mapped[str] = mapped_column(unique=True)
    copy_number: Mapped[int]
    copies: Mapped[int]
    title: Mapped[str] = mapped_column(index=True)
    own_reference: Mapped[str] = mapped_column(index=True)
    issued_sha256: Mapped[str]
    pages: Mapped[list[Any]]
    retention_class: Mapped[str]
    created_at: Mapped[datetime]
    catalogue: Mapped[str] = mapped_column(default="", server_default=text("''"))
    class_code: Mapped[str] = mapped_column(default="", server_default=text("''"))
    amount_minor: Mapped[int | None] = mapped_column(BigInteger())
    amount_currency: Mapped[str] = mapped_column(default="", server_default=text("''"))
    contract_end: Mapped[date | None] = mapped_column(Date())
    searchable_state: Mapped[str] = mapped_column(default="none", server_default=text("'none'"), index=True)
    searchable_sha256: Mapped[str | None]
    searchable_pages: Mapped[list[Any] | None]
    searchable_failure: Mapped[str] = mapped_column(default="", server_default=text("''"))
    searchable_tries: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    searchable_at: Mapped[datetime | None]


class ArchiveParty(Base):
    """Another party of an archived contract, as the request named it.   position: from 1."""

    __tablename__ = "archive_party"

    record_id: Mapped[UUID] = mapped_column(ForeignKey("archive_record.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(index=True)
    number: Mapped[str] = mapped_column(index=True)


class ArchiveText(Base):
    """A record whose words can be searched; `number` stands for it among the words.

    `form`: in which form its words were written down, see `search_index.FORM`; 0 when they are to be read anew.
    """

    __tablename__ = "archive_text"

    number: Mapped[int] = mapped_column(_COUNTED, primary_key=True, autoincrement=True)
    record_id: Mapped[UUID] = mapped_column(ForeignKey("archive_record.id"), unique=True)
    form: Mapped[int] = mapped_column(default=0, server_default=text("0"), index=True)


class ArchiveWord(Base):
    """A word or pair of characters stands in a record's text.

    `token`: eight bytes of a keyed digest, so that no word can be read here; each organisation has a key of its own.
    `shelf`: of the record's branch, so that who may read few branches reads no further than theirs. It decides
    nothing: two branches may share one, and who may read a record is asked of the record.
    """

    __tablename__ = "archive_word"
    __table_args__ = (Index("archive_word_of_text", "number"), {"sqlite_with_rowid": False})

    token: Mapped[int] = mapped_column(BigInteger(), primary_key=True, autoincrement=False)
    shelf: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(BigInteger(), primary_key=True, autoincrement=False)


class SavedSearch(Base):
    """What a person looks for again and again, under a name.   fields: as typed."""

    __tablename__ = "archive_saved_search"
    __table_args__ = (UniqueConstraint("person_id", "name"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    name: Mapped[str]
    fields: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]


class ArchiveScheme(Base):
    """How an organisation's archive numbers are written; without a row as ever."""

    __tablename__ = "archive_scheme"

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), primary_key=True)
    fonds: Mapped[str]
    pattern: Mapped[str]
    changed_at: Mapped[datetime]


class ArchiveCounter(Base):
    """The last archive number given in a year (UTC). Taking one locks the row, so numbers have no gaps."""

    __tablename__ = "archive_counter"
    __table_args__ = (CheckConstraint("last >= 0", name="last"),)

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]
