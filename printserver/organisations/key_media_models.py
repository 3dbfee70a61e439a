"""Rows of the register of key media: USB keys, cards and tokens that people carry, and what became of each."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from printserver.foundation.database import Base


class KeyMedium(Base):
    """`number_in_use`: maker and serial number as long as the medium is about; two live media never share it.

    `pending_action`: a step that one person has asked for and another has yet to confirm.
    `certificate_stopped_at`: since when nobody should take the certificate's signatures as the holder's.
    """

    __tablename__ = "key_medium"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    holder_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    kind: Mapped[str]
    purpose: Mapped[str]
    maker: Mapped[str]
    serial_number: Mapped[str]
    number_in_use: Mapped[str | None] = mapped_column(unique=True)
    state: Mapped[str]
    applied_by: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    applied_at: Mapped[datetime]
    received_at: Mapped[datetime | None]
    replaces_id: Mapped[UUID | None] = mapped_column(ForeignKey("key_medium.id"), index=True)
    passkey_id: Mapped[UUID | None] = mapped_column(ForeignKey("passkey.id"))
    certificate_serial: Mapped[str | None]
    certificate_sha256: Mapped[str | None]
    certificate_subject: Mapped[str | None]
    certificate_not_after: Mapped[datetime | None]
    certificate_stopped_at: Mapped[datetime | None]
    pending_action: Mapped[str | None]
    pending_by: Mapped[UUID | None]
    pending_at: Mapped[datetime | None]
    pending_remark: Mapped[str | None]


class KeyMediumStep(Base):
    """`first_person_id`: who asked for a step that takes two; None for all others."""

    __tablename__ = "key_medium_step"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    medium_id: Mapped[UUID] = mapped_column(ForeignKey("key_medium.id"), index=True)
    action: Mapped[str]
    before: Mapped[str]
    after: Mapped[str]
    remark: Mapped[str]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    first_person_id: Mapped[UUID | None]
    at: Mapped[datetime]
