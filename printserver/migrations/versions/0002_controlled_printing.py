"""Controlled printing.

Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from printserver.foundation.database import Moment

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "count_alarm",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("printer_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("figures", sa.JSON().with_variant(sa.JSON(none_as_null=True), "postgresql"), nullable=False),
        sa.Column("opened_at", Moment(), nullable=False),
        sa.Column("closed_at", Moment(), nullable=True),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["closed_by"], ["user_account.id"], name=op.f("fk_count_alarm_closed_by")),
        sa.ForeignKeyConstraint(["printer_id"], ["printer.id"], name=op.f("fk_count_alarm_printer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_count_alarm")),
        sa.UniqueConstraint("printer_id", "day", name=op.f("uq_count_alarm_printer_id_day")),
    )
    with op.batch_alter_table("count_alarm", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_count_alarm_printer_id"), ["printer_id"], unique=False)

    op.create_table(
        "counter_reading",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("printer_id", sa.Uuid(), nullable=False),
        sa.Column("taken_at", Moment(), nullable=False),
        sa.Column("impressions", sa.Integer(), nullable=False),
        sa.Column("sheets", sa.Integer(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("taken_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["printer_id"], ["printer.id"], name=op.f("fk_counter_reading_printer_id")),
        sa.ForeignKeyConstraint(["taken_by"], ["user_account.id"], name=op.f("fk_counter_reading_taken_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counter_reading")),
    )
    with op.batch_alter_table("counter_reading", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_counter_reading_printer_id"), ["printer_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_counter_reading_taken_at"), ["taken_at"], unique=False)

    op.create_table(
        "print_ticket",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("copy_id", sa.Uuid(), nullable=False),
        sa.Column("job_uuid", sa.Uuid(), nullable=False),
        sa.Column("printer_id", sa.Uuid(), nullable=False),
        sa.Column("secret_sha256", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempt", sa.String(), nullable=True),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("hand_over", sa.String(), nullable=False),
        sa.Column("made_at", Moment(), nullable=False),
        sa.Column("claimed_at", Moment(), nullable=True),
        sa.Column("committed_at", Moment(), nullable=True),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["printer_id"], ["printer.id"], name=op.f("fk_print_ticket_printer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_print_ticket")),
        sa.UniqueConstraint("hand_over", name=op.f("uq_print_ticket_hand_over")),
        sa.UniqueConstraint("job_uuid", name=op.f("uq_print_ticket_job_uuid")),
    )
    with op.batch_alter_table("print_ticket", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_print_ticket_copy_id"), ["copy_id"], unique=False)
        batch_op.create_index("ix_print_ticket_open", ["printer_id", "state"], unique=False)

    op.create_table(
        "printer_status",
        sa.Column("printer_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reasons", sa.JSON().with_variant(sa.JSON(none_as_null=True), "postgresql"), nullable=False),
        sa.Column("supplies", sa.JSON().with_variant(sa.JSON(none_as_null=True), "postgresql"), nullable=False),
        sa.Column("impressions", sa.Integer(), nullable=True),
        sa.Column("sheets", sa.Integer(), nullable=True),
        sa.Column("up_seconds", sa.Integer(), nullable=True),
        sa.Column(
            "queue_reasons",
            sa.JSON().with_variant(sa.JSON(none_as_null=True), "postgresql"),
            server_default="[]",
            nullable=False,
        ),
        sa.Column("problem", sa.String(), nullable=False),
        sa.Column("asked_at", Moment(), nullable=False),
        sa.Column("answered_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["printer_id"], ["printer.id"], name=op.f("fk_printer_status_printer_id")),
        sa.PrimaryKeyConstraint("printer_id", name=op.f("pk_printer_status")),
    )
    op.create_table(
        "release_tries",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("failed_at", Moment(), nullable=False),
        sa.Column("locked_until", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["user_account.id"], name=op.f("fk_release_tries_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_release_tries")),
    )
    op.create_table(
        "release_code",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("code_sha256", sa.String(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("made_at", Moment(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.Column("used_by", sa.Uuid(), nullable=True),
        sa.Column("used_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["made_by"], ["user_account.id"], name=op.f("fk_release_code_made_by")),
        sa.ForeignKeyConstraint(["request_id"], ["print_request.id"], name=op.f("fk_release_code_request_id")),
        sa.ForeignKeyConstraint(["used_by"], ["user_account.id"], name=op.f("fk_release_code_used_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release_code")),
    )
    with op.batch_alter_table("release_code", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_release_code_code_sha256"), ["code_sha256"], unique=False)
        batch_op.create_index(batch_op.f("ix_release_code_request_id"), ["request_id"], unique=False)

    op.create_table(
        "copy_notice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("copy_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("delivered_at", Moment(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["copy_id"], ["copy.id"], name=op.f("fk_copy_notice_copy_id")),
        sa.ForeignKeyConstraint(["recorded_by"], ["user_account.id"], name=op.f("fk_copy_notice_recorded_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_copy_notice")),
    )
    with op.batch_alter_table("copy_notice", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_copy_notice_copy_id"), ["copy_id"], unique=False)

    with op.batch_alter_table("copy", schema=None) as batch_op:
        batch_op.add_column(sa.Column("settled_by", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("settled_at", Moment(), nullable=True))
        batch_op.add_column(sa.Column("confirmed_by", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("confirmed_at", Moment(), nullable=True))
        batch_op.add_column(sa.Column("sent_at", Moment(), nullable=True))
        batch_op.add_column(sa.Column("impressions_reported", sa.Integer(), nullable=True))

    with op.batch_alter_table("print_request", schema=None) as batch_op:
        batch_op.add_column(sa.Column("sides", sa.String(), server_default="one-sided", nullable=False))
        batch_op.add_column(sa.Column("drawn", sa.Integer(), server_default="0", nullable=False))

    with op.batch_alter_table("printer", schema=None) as batch_op:
        batch_op.add_column(sa.Column("model", sa.String(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("spooler", sa.String(), server_default="local", nullable=False))
        batch_op.add_column(sa.Column("certificate_pem", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("certificate_not_after", Moment(), nullable=True))
        batch_op.add_column(sa.Column("document_format", sa.String(), server_default="application/pdf", nullable=False))
        batch_op.add_column(sa.Column("resolution_dpi", sa.Integer(), server_default="600", nullable=False))
        batch_op.add_column(sa.Column("two_sided", sa.Boolean(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("counter", sa.String(), server_default="none", nullable=False))
        batch_op.add_column(sa.Column("release_rule", sa.String(), server_default="person", nullable=False))
        batch_op.add_column(
            sa.Column(
                "capabilities",
                sa.JSON().with_variant(sa.JSON(none_as_null=True), "postgresql"),
                server_default="{}",
                nullable=False,
            )
        )
        batch_op.add_column(sa.Column("capabilities_at", Moment(), nullable=True))
        batch_op.add_column(sa.Column("paused_reason", sa.String(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("retired_at", Moment(), nullable=True))

    with op.batch_alter_table("return_batch", schema=None) as batch_op:
        batch_op.add_column(sa.Column("pages_read", sa.Integer(), server_default="0", nullable=False))
