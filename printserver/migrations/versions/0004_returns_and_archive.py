"""Returns and archive.

Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from printserver.foundation.database import Moment

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "archive_posting",
        sa.Column("token", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("token", "number", name=op.f("pk_archive_posting")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("archive_posting", schema=None) as batch_op:
        batch_op.create_index("archive_posting_of_text", ["number"], unique=False)

    op.create_table(
        "archive_scheme",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("fonds", sa.String(), nullable=False),
        sa.Column("pattern", sa.String(), nullable=False),
        sa.Column("changed_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_archive_scheme_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_archive_scheme")),
    )
    op.create_table(
        "class_return_policy",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("class_code", sa.String(), nullable=False),
        sa.Column("policy", sa.JSON().with_variant(sa.JSON(none_as_null=True), "postgresql"), nullable=False),
        sa.Column("changed_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_class_return_policy_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_class_return_policy")),
        sa.UniqueConstraint(
            "organisation_id", "class_code", name=op.f("uq_class_return_policy_organisation_id_class_code")
        ),
    )
    op.create_table(
        "retention_turn",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("taken_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_retention_turn_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_retention_turn")),
    )
    op.create_table(
        "disposal_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("branch_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("list_sha256", sa.String(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_for", sa.Uuid(), nullable=True),
        sa.Column("asked_at", Moment(), nullable=False),
        sa.Column("asked_evidence", sa.String(), nullable=False),
        sa.Column("settled_by", sa.Uuid(), nullable=True),
        sa.Column("settled_at", Moment(), nullable=True),
        sa.Column("approved_evidence", sa.String(), nullable=False),
        sa.Column("refusal", sa.String(), nullable=False),
        sa.Column("finished_at", Moment(), nullable=True),
        sa.Column("certificate_sha256", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_disposal_run_branch_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_disposal_run_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disposal_run")),
        sa.UniqueConstraint("organisation_id", "number", name=op.f("uq_disposal_run_organisation_id_number")),
    )
    with op.batch_alter_table("disposal_run", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_disposal_run_branch_id"), ["branch_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_disposal_run_state"), ["state"], unique=False)

    op.create_table(
        "intake_channel",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("branch_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("trouble", sa.String(), nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.Column("taken_in", sa.Integer(), nullable=False),
        sa.Column("quarantined", sa.Integer(), nullable=False),
        sa.Column("looked_at", Moment(), nullable=False),
        sa.Column("last_taken_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_intake_channel_branch_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_intake_channel_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intake_channel")),
        sa.UniqueConstraint("channel", "name", "branch_id", name=op.f("uq_intake_channel_channel_name_branch_id")),
    )
    with op.batch_alter_table("intake_channel", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_intake_channel_branch_id"), ["branch_id"], unique=False)

    op.create_table(
        "legal_hold",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("branch_id", sa.Uuid(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("said", sa.String(), nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("matter", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("set_by", sa.Uuid(), nullable=False),
        sa.Column("set_for", sa.Uuid(), nullable=True),
        sa.Column("set_at", Moment(), nullable=False),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("confirmed_at", Moment(), nullable=True),
        sa.Column("lift_reason", sa.String(), nullable=False),
        sa.Column("lift_asked_by", sa.Uuid(), nullable=True),
        sa.Column("lift_asked_for", sa.Uuid(), nullable=True),
        sa.Column("lift_asked_at", Moment(), nullable=True),
        sa.Column("lifted_by", sa.Uuid(), nullable=True),
        sa.Column("lifted_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_legal_hold_branch_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_legal_hold_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_hold")),
    )
    with op.batch_alter_table("legal_hold", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_legal_hold_branch_id"), ["branch_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_legal_hold_organisation_id"), ["organisation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_legal_hold_state"), ["state"], unique=False)

    op.create_table(
        "archive_saved_search",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("fields", sa.JSON().with_variant(sa.JSON(none_as_null=True), "postgresql"), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_archive_saved_search_organisation_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["user_account.id"], name=op.f("fk_archive_saved_search_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archive_saved_search")),
        sa.UniqueConstraint("person_id", "name", name=op.f("uq_archive_saved_search_person_id_name")),
    )
    op.create_table(
        "archive_source",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("root_fingerprint", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("pinned_by", sa.Uuid(), nullable=False),
        sa.Column("pinned_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_archive_source_organisation_id")
        ),
        sa.ForeignKeyConstraint(["pinned_by"], ["user_account.id"], name=op.f("fk_archive_source_pinned_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archive_source")),
        sa.UniqueConstraint(
            "organisation_id", "root_fingerprint", name=op.f("uq_archive_source_organisation_id_root_fingerprint")
        ),
    )
    op.create_table(
        "block_exception",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("branch_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("valid_until", Moment(), nullable=False),
        sa.Column("most_uses", sa.Integer(), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("granted_by", sa.Uuid(), nullable=False),
        sa.Column("granted_person", sa.Uuid(), nullable=False),
        sa.Column("granted_at", Moment(), nullable=False),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_block_exception_branch_id")),
        sa.ForeignKeyConstraint(["ended_by"], ["user_account.id"], name=op.f("fk_block_exception_ended_by")),
        sa.ForeignKeyConstraint(["granted_by"], ["user_account.id"], name=op.f("fk_block_exception_granted_by")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_block_exception_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_block_exception")),
    )
    with op.batch_alter_table("block_exception", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_block_exception_branch_id"), ["branch_id"], unique=False)

    op.create_table(
        "evidence_order",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("record_ids", sa.JSON().with_variant(sa.JSON(none_as_null=True), "postgresql"), nullable=False),
        sa.Column("whole_scans", sa.Boolean(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("failure", sa.String(), nullable=False),
        sa.Column("failure_code", sa.String(), nullable=False),
        sa.Column("package_sha256", sa.String(), nullable=True),
        sa.Column("filename", sa.String(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("finished_at", Moment(), nullable=True),
        sa.Column("erased_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["user_account.id"], name=op.f("fk_evidence_order_account_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_evidence_order_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence_order")),
    )
    with op.batch_alter_table("evidence_order", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_evidence_order_account_id"), ["account_id"], unique=False)

    op.create_table(
        "held_branch",
        sa.Column("hold_id", sa.Uuid(), nullable=False),
        sa.Column("branch_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_held_branch_branch_id")),
        sa.ForeignKeyConstraint(["hold_id"], ["legal_hold.id"], name=op.f("fk_held_branch_hold_id")),
        sa.PrimaryKeyConstraint("hold_id", "branch_id", name=op.f("pk_held_branch")),
    )
    op.create_table(
        "foreign_record",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("branch_id", sa.Uuid(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("serial", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("own_reference", sa.String(), nullable=False),
        sa.Column("package_sha256", sa.String(), nullable=False),
        sa.Column("facts", sa.JSON().with_variant(sa.JSON(none_as_null=True), "postgresql"), nullable=False),
        sa.Column("imported_by", sa.Uuid(), nullable=False),
        sa.Column("imported_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_foreign_record_branch_id")),
        sa.ForeignKeyConstraint(["imported_by"], ["user_account.id"], name=op.f("fk_foreign_record_imported_by")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_foreign_record_organisation_id")
        ),
        sa.ForeignKeyConstraint(["source_id"], ["archive_source.id"], name=op.f("fk_foreign_record_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_foreign_record")),
        sa.UniqueConstraint(
            "organisation_id",
            "source_id",
            "record_id",
            name=op.f("uq_foreign_record_organisation_id_source_id_record_id"),
        ),
    )
    with op.batch_alter_table("foreign_record", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_foreign_record_branch_id"), ["branch_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_foreign_record_number"), ["number"], unique=False)
        batch_op.create_index(batch_op.f("ix_foreign_record_own_reference"), ["own_reference"], unique=False)
        batch_op.create_index(batch_op.f("ix_foreign_record_serial"), ["serial"], unique=False)
        batch_op.create_index(batch_op.f("ix_foreign_record_source_id"), ["source_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_foreign_record_title"), ["title"], unique=False)

    op.create_table(
        "quarantined_scan",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("branch_id", sa.Uuid(), nullable=False),
        sa.Column("handed_in_by", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("filename", sa.String(), nullable=False),
        sa.Column("scan_sha256", sa.String(), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("problem", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("return_id", sa.Uuid(), nullable=True),
        sa.Column("settled_by", sa.Uuid(), nullable=True),
        sa.Column("settled_at", Moment(), nullable=True),
        sa.Column("settled_reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_quarantined_scan_branch_id")),
        sa.ForeignKeyConstraint(["handed_in_by"], ["user_account.id"], name=op.f("fk_quarantined_scan_handed_in_by")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_quarantined_scan_organisation_id")
        ),
        sa.ForeignKeyConstraint(["return_id"], ["return_batch.id"], name=op.f("fk_quarantined_scan_return_id")),
        sa.ForeignKeyConstraint(["settled_by"], ["user_account.id"], name=op.f("fk_quarantined_scan_settled_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantined_scan")),
    )
    with op.batch_alter_table("quarantined_scan", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_quarantined_scan_branch_id"), ["branch_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_quarantined_scan_scan_sha256"), ["scan_sha256"], unique=False)
        batch_op.create_index(
            "one_waiting_scan",
            ["branch_id", "scan_sha256"],
            unique=True,
            sqlite_where=sa.text("outcome = ''"),
            postgresql_where=sa.text("outcome = ''"),
        )

    op.create_table(
        "hand_over",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("copy_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("branch_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("holder_kind", sa.String(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("holder_branch_id", sa.Uuid(), nullable=True),
        sa.Column("means", sa.String(), nullable=False),
        sa.Column("receiver", sa.String(), nullable=False),
        sa.Column("courier_number", sa.String(), nullable=False),
        sa.Column("proof_sha256", sa.String(), nullable=True),
        sa.Column("handed_at", Moment(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("cancelled", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_hand_over_branch_id")),
        sa.ForeignKeyConstraint(["copy_id"], ["copy.id"], name=op.f("fk_hand_over_copy_id")),
        sa.ForeignKeyConstraint(["holder_branch_id"], ["branch.id"], name=op.f("fk_hand_over_holder_branch_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_hand_over_organisation_id")),
        sa.ForeignKeyConstraint(["recorded_by"], ["user_account.id"], name=op.f("fk_hand_over_recorded_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hand_over")),
        sa.UniqueConstraint("copy_id", "position", "revision", name=op.f("uq_hand_over_copy_id_position_revision")),
    )
    with op.batch_alter_table("hand_over", schema=None) as batch_op:
        batch_op.create_index("hand_over_of_organisation", ["organisation_id", "holder"], unique=False)
        batch_op.create_index(batch_op.f("ix_hand_over_courier_number"), ["courier_number"], unique=False)

    op.create_table(
        "owed_return",
        sa.Column("copy_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("branch_id", sa.Uuid(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=True),
        sa.Column("counted_from", sa.String(), nullable=False),
        sa.Column("counted_at", Moment(), nullable=False),
        sa.Column("due_at", Moment(), nullable=True),
        sa.Column("remind_before", sa.Integer(), nullable=False),
        sa.Column("escalate_after", sa.Integer(), nullable=False),
        sa.Column("extended", sa.Boolean(), nullable=False),
        sa.Column("written_off_as", sa.String(), nullable=True),
        sa.Column("written_off_reason", sa.String(), nullable=True),
        sa.Column("written_off_by", sa.Uuid(), nullable=True),
        sa.Column("written_off_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_owed_return_branch_id")),
        sa.ForeignKeyConstraint(["copy_id"], ["copy.id"], name=op.f("fk_owed_return_copy_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_owed_return_organisation_id")),
        sa.ForeignKeyConstraint(["written_off_by"], ["user_account.id"], name=op.f("fk_owed_return_written_off_by")),
        sa.PrimaryKeyConstraint("copy_id", name=op.f("pk_owed_return")),
    )
    with op.batch_alter_table("owed_return", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_owed_return_due_at"), ["due_at"], unique=False)
        batch_op.create_index("owed_return_of_branch", ["branch_id", "due_at"], unique=False)

    op.create_table(
        "signing_record",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("branch_id", sa.Uuid(), nullable=False),
        sa.Column("copy_id", sa.Uuid(), nullable=False),
        sa.Column("capture_id", sa.Uuid(), nullable=False),
        sa.Column("content_sha256", sa.String(), nullable=False),
        sa.Column("signers", sa.JSON().with_variant(sa.JSON(none_as_null=True), "postgresql"), nullable=False),
        sa.Column("witness", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("signed_at", Moment(), nullable=False),
        sa.Column("captured_at", Moment(), nullable=True),
        sa.Column("received_at", Moment(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_person", sa.Uuid(), nullable=False),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", Moment(), nullable=True),
        sa.Column("remark", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_signing_record_branch_id")),
        sa.ForeignKeyConstraint(["copy_id"], ["copy.id"], name=op.f("fk_signing_record_copy_id")),
        sa.ForeignKeyConstraint(["decided_by"], ["user_account.id"], name=op.f("fk_signing_record_decided_by")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_signing_record_organisation_id")
        ),
        sa.ForeignKeyConstraint(["recorded_by"], ["user_account.id"], name=op.f("fk_signing_record_recorded_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signing_record")),
        sa.UniqueConstraint("record_id", "revision", name=op.f("uq_signing_record_record_id_revision")),
    )
    with op.batch_alter_table("signing_record", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_signing_record_branch_id"), ["branch_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_signing_record_copy_id"), ["copy_id"], unique=False)
        batch_op.create_index(
            "one_signing_record_a_capture",
            ["organisation_id", "capture_id"],
            unique=True,
            sqlite_where=sa.text("revision = 1"),
            postgresql_where=sa.text("revision = 1"),
        )

    op.create_table(
        "archive_party",
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["archive_record.id"], name=op.f("fk_archive_party_record_id")),
        sa.PrimaryKeyConstraint("record_id", "position", name=op.f("pk_archive_party")),
    )
    with op.batch_alter_table("archive_party", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_archive_party_name"), ["name"], unique=False)
        batch_op.create_index(batch_op.f("ix_archive_party_number"), ["number"], unique=False)

    op.create_table(
        "archive_text",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["archive_record.id"], name=op.f("fk_archive_text_record_id")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_archive_text")),
        sa.UniqueConstraint("record_id", name=op.f("uq_archive_text_record_id")),
    )
    op.create_table(
        "disposal_item",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("retention_class", sa.String(), nullable=False),
        sa.Column("contract_end", sa.Date(), nullable=False),
        sa.Column("kept_until", sa.Date(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("named", sa.JSON().with_variant(sa.JSON(none_as_null=True), "postgresql"), nullable=False),
        sa.Column("erased", sa.JSON().with_variant(sa.JSON(none_as_null=True), "postgresql"), nullable=False),
        sa.Column("settled_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["record_id"], ["archive_record.id"], name=op.f("fk_disposal_item_record_id")),
        sa.ForeignKeyConstraint(["run_id"], ["disposal_run.id"], name=op.f("fk_disposal_item_run_id")),
        sa.PrimaryKeyConstraint("run_id", "position", name=op.f("pk_disposal_item")),
        sa.UniqueConstraint("run_id", "record_id", name=op.f("uq_disposal_item_run_id_record_id")),
    )
    with op.batch_alter_table("disposal_item", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_disposal_item_record_id"), ["record_id"], unique=False)

    op.create_table(
        "disposed_record",
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("copy_id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("disposed_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["copy_id"], ["copy.id"], name=op.f("fk_disposed_record_copy_id")),
        sa.ForeignKeyConstraint(["record_id"], ["archive_record.id"], name=op.f("fk_disposed_record_record_id")),
        sa.ForeignKeyConstraint(["run_id"], ["disposal_run.id"], name=op.f("fk_disposed_record_run_id")),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_disposed_record")),
        sa.UniqueConstraint("copy_id", name=op.f("uq_disposed_record_copy_id")),
    )
    with op.batch_alter_table("disposed_record", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_disposed_record_run_id"), ["run_id"], unique=False)

    op.create_table(
        "due_extension",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("copy_id", sa.Uuid(), nullable=False),
        sa.Column("due_before", Moment(), nullable=False),
        sa.Column("due_after", Moment(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("extended_by", sa.Uuid(), nullable=False),
        sa.Column("extended_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["copy_id"], ["owed_return.copy_id"], name=op.f("fk_due_extension_copy_id")),
        sa.ForeignKeyConstraint(["extended_by"], ["user_account.id"], name=op.f("fk_due_extension_extended_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_due_extension")),
    )
    with op.batch_alter_table("due_extension", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_due_extension_copy_id"), ["copy_id"], unique=False)

    op.create_table(
        "fixity_check",
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("branch_id", sa.Uuid(), nullable=False),
        sa.Column("checked_at", Moment(), nullable=False),
        sa.Column("result", sa.String(), nullable=False),
        sa.Column("objects", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("problems", sa.JSON().with_variant(sa.JSON(none_as_null=True), "postgresql"), nullable=False),
        sa.Column("damaged_since", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_fixity_check_branch_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_fixity_check_organisation_id")),
        sa.ForeignKeyConstraint(["record_id"], ["archive_record.id"], name=op.f("fk_fixity_check_record_id")),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_fixity_check")),
    )
    with op.batch_alter_table("fixity_check", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_fixity_check_branch_id"), ["branch_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_fixity_check_checked_at"), ["checked_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_fixity_check_result"), ["result"], unique=False)

    op.create_table(
        "held_record",
        sa.Column("hold_id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["hold_id"], ["legal_hold.id"], name=op.f("fk_held_record_hold_id")),
        sa.ForeignKeyConstraint(["record_id"], ["archive_record.id"], name=op.f("fk_held_record_record_id")),
        sa.PrimaryKeyConstraint("hold_id", "record_id", name=op.f("pk_held_record")),
    )
    with op.batch_alter_table("held_record", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_held_record_record_id"), ["record_id"], unique=False)

    op.create_table(
        "owed_reminder",
        sa.Column("copy_id", sa.Uuid(), nullable=False),
        sa.Column("due_at", Moment(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("told_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["copy_id"], ["owed_return.copy_id"], name=op.f("fk_owed_reminder_copy_id")),
        sa.PrimaryKeyConstraint("copy_id", "due_at", "stage", name=op.f("pk_owed_reminder")),
    )
    op.create_table(
        "retention_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("branch_id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("old_class", sa.String(), nullable=False),
        sa.Column("old_end", sa.Date(), nullable=True),
        sa.Column("new_class", sa.String(), nullable=False),
        sa.Column("new_end", sa.Date(), nullable=True),
        sa.Column("shortens", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_for", sa.Uuid(), nullable=True),
        sa.Column("asked_at", Moment(), nullable=False),
        sa.Column("settled_by", sa.Uuid(), nullable=True),
        sa.Column("settled_at", Moment(), nullable=True),
        sa.Column("refusal", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_retention_change_branch_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_retention_change_organisation_id")
        ),
        sa.ForeignKeyConstraint(["record_id"], ["archive_record.id"], name=op.f("fk_retention_change_record_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_change")),
    )
    with op.batch_alter_table("retention_change", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_retention_change_branch_id"), ["branch_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_retention_change_record_id"), ["record_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_retention_change_state"), ["state"], unique=False)

    with op.batch_alter_table("archive_record", schema=None) as batch_op:
        batch_op.add_column(sa.Column("catalogue", sa.String(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("class_code", sa.String(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("amount_minor", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("amount_currency", sa.String(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("contract_end", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("searchable_state", sa.String(), server_default="none", nullable=False))
        batch_op.add_column(sa.Column("searchable_sha256", sa.String(), nullable=True))
        batch_op.add_column(
            sa.Column(
                "searchable_pages", sa.JSON().with_variant(sa.JSON(none_as_null=True), "postgresql"), nullable=True
            )
        )
        batch_op.add_column(sa.Column("searchable_failure", sa.String(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("searchable_tries", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("searchable_at", Moment(), nullable=True))
        batch_op.create_index("archive_record_catalogue", ["organisation_id", "catalogue"], unique=False)
        batch_op.create_index("archive_record_newest_of_branch", ["branch_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_archive_record_searchable_state"), ["searchable_state"], unique=False)

    with op.batch_alter_table("print_request", schema=None) as batch_op:
        batch_op.add_column(sa.Column("contract_end", sa.Date(), nullable=True))

    with op.batch_alter_table("return_batch", schema=None) as batch_op:
        batch_op.add_column(sa.Column("section_request_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("section_sheet", sa.Integer(), nullable=True))

    with op.batch_alter_table("return_page", schema=None) as batch_op:
        batch_op.add_column(sa.Column("request_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("sheet", sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f("ix_return_page_request_id"), ["request_id"], unique=False)
