"""People, seals and approvals.

Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from printserver.foundation.database import Moment

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "notification_cursor",
        sa.Column("reader", sa.String(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("reader", name=op.f("pk_notification_cursor")),
    )
    op.create_table(
        "custom_role",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name_zh", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.Column("permissions", sa.JSON().with_variant(sa.JSON(none_as_null=True), "postgresql"), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("retired_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_custom_role_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custom_role")),
        sa.UniqueConstraint("organisation_id", "code", name=op.f("uq_custom_role_organisation_id_code")),
    )
    op.create_table(
        "document_class",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name_zh", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.Column("retention", sa.String(), nullable=False),
        sa.Column("seal_types", sa.JSON().with_variant(sa.JSON(none_as_null=True), "postgresql"), nullable=False),
        sa.Column("hints", sa.JSON().with_variant(sa.JSON(none_as_null=True), "postgresql"), nullable=False),
        sa.Column("flow", sa.JSON().with_variant(sa.JSON(none_as_null=True), "postgresql"), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.Column("changed_at", Moment(), nullable=False),
        sa.Column("public_view", sa.String(), server_default="masked", nullable=False),
        sa.Column(
            "marks",
            sa.JSON().with_variant(sa.JSON(none_as_null=True), "postgresql"),
            server_default="{}",
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_document_class_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document_class")),
        sa.UniqueConstraint("organisation_id", "code", name=op.f("uq_document_class_organisation_id_code")),
    )
    op.create_table(
        "document_template",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("owner_branch_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("retired_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_document_template_organisation_id")
        ),
        sa.ForeignKeyConstraint(["owner_branch_id"], ["branch.id"], name=op.f("fk_document_template_owner_branch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document_template")),
        sa.UniqueConstraint("organisation_id", "code", name=op.f("uq_document_template_organisation_id_code")),
    )
    op.create_table(
        "place_freeze",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("branch_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("frozen_by", sa.Uuid(), nullable=True),
        sa.Column("frozen_at", Moment(), nullable=False),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_place_freeze_branch_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_place_freeze_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_place_freeze")),
    )
    with op.batch_alter_table("place_freeze", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_place_freeze_organisation_id"), ["organisation_id"], unique=False)

    op.create_table(
        "access_reset",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("half", sa.String(), nullable=False),
        sa.Column("second_factor_too", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("requested_by", sa.Uuid(), nullable=False),
        sa.Column("requested_at", Moment(), nullable=False),
        sa.Column("completed_by", sa.Uuid(), nullable=True),
        sa.Column("completed_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["requested_by"], ["user_account.id"], name=op.f("fk_access_reset_requested_by")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_access_reset_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_reset")),
    )
    with op.batch_alter_table("access_reset", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_access_reset_user_id"), ["user_id"], unique=False)

    op.create_table(
        "delegation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("principal_id", sa.Uuid(), nullable=False),
        sa.Column("deputy_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("valid_from", Moment(), nullable=False),
        sa.Column("valid_until", Moment(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("statement_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["deputy_id"], ["user_account.id"], name=op.f("fk_delegation_deputy_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_delegation_organisation_id")),
        sa.ForeignKeyConstraint(["principal_id"], ["user_account.id"], name=op.f("fk_delegation_principal_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegation")),
    )
    with op.batch_alter_table("delegation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_delegation_deputy_id"), ["deputy_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_delegation_principal_id"), ["principal_id"], unique=False)

    op.create_table(
        "document_template_version",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("template_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("description", sa.JSON().with_variant(sa.JSON(none_as_null=True), "postgresql"), nullable=False),
        sa.Column("sources", sa.JSON().with_variant(sa.JSON(none_as_null=True), "postgresql"), nullable=False),
        sa.Column("added_by", sa.Uuid(), nullable=False),
        sa.Column("added_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["added_by"], ["user_account.id"], name=op.f("fk_document_template_version_added_by")),
        sa.ForeignKeyConstraint(
            ["template_id"], ["document_template.id"], name=op.f("fk_document_template_version_template_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document_template_version")),
        sa.UniqueConstraint("template_id", "number", name=op.f("uq_document_template_version_template_id_number")),
    )
    op.create_table(
        "former_password",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("retired_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_former_password_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_former_password")),
    )
    with op.batch_alter_table("former_password", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_former_password_user_id"), ["user_id"], unique=False)

    op.create_table(
        "identity_policy",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("custodians", sa.Boolean(), nullable=False),
        sa.Column("binding_roles", sa.Boolean(), nullable=False),
        sa.Column("companies", sa.Boolean(), nullable=False),
        sa.Column("recheck_days", sa.Integer(), nullable=False),
        sa.Column("retention_days", sa.Integer(), nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=False),
        sa.Column("changed_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["changed_by"], ["user_account.id"], name=op.f("fk_identity_policy_changed_by")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_identity_policy_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_identity_policy")),
    )
    op.create_table(
        "identity_proof",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("branch_id", sa.Uuid(), nullable=True),
        sa.Column("document", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("legal_representative", sa.String(), nullable=False),
        sa.Column("number_masked", sa.String(), nullable=False),
        sa.Column("number_digest", sa.String(), nullable=False),
        sa.Column("sealed_number", sa.String(), nullable=True),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("submitted_by", sa.Uuid(), nullable=False),
        sa.Column("submitted_at", Moment(), nullable=False),
        sa.Column("checked_by", sa.Uuid(), nullable=True),
        sa.Column("checked_at", Moment(), nullable=True),
        sa.Column("method", sa.String(), nullable=True),
        sa.Column("recheck_on", sa.Date(), nullable=True),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.Column("erasure_asked_by", sa.Uuid(), nullable=True),
        sa.Column("erasure_asked_at", Moment(), nullable=True),
        sa.CheckConstraint("(person_id IS NULL) <> (branch_id IS NULL)", name=op.f("ck_identity_proof_one_subject")),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_identity_proof_branch_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_identity_proof_organisation_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["user_account.id"], name=op.f("fk_identity_proof_person_id")),
        sa.ForeignKeyConstraint(["submitted_by"], ["user_account.id"], name=op.f("fk_identity_proof_submitted_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_proof")),
    )
    with op.batch_alter_table("identity_proof", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_identity_proof_branch_id"), ["branch_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_identity_proof_number_digest"), ["number_digest"], unique=False)
        batch_op.create_index(batch_op.f("ix_identity_proof_organisation_id"), ["organisation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_identity_proof_person_id"), ["person_id"], unique=False)

    op.create_table(
        "mail",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("occasion", sa.String(), nullable=False),
        sa.Column("facts", sa.JSON().with_variant(sa.JSON(none_as_null=True), "postgresql"), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", Moment(), nullable=False),
        sa.Column("give_up_at", Moment(), nullable=False),
        sa.Column("last_problem", sa.String(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("sent_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_mail_organisation_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_mail_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail")),
        sa.UniqueConstraint("user_id", "kind", "occasion", name=op.f("uq_mail_user_id_kind_occasion")),
    )
    with op.batch_alter_table("mail", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mail_state"), ["state"], unique=False)
        batch_op.create_index(batch_op.f("ix_mail_user_id"), ["user_id"], unique=False)

    op.create_table(
        "mail_preference",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("unwanted", sa.JSON().with_variant(sa.JSON(none_as_null=True), "postgresql"), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_mail_preference_user_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_mail_preference")),
    )
    op.create_table(
        "passkey",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("credential_id", sa.String(), nullable=False),
        sa.Column("public_key", sa.String(), nullable=False),
        sa.Column("rp_id", sa.String(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("newest_challenge", sa.BigInteger(), nullable=False),
        sa.Column("mac", sa.String(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("last_used_at", Moment(), nullable=True),
        sa.Column("removed_at", Moment(), nullable=True),
        sa.Column("statement_id", sa.Uuid(), nullable=True),
        sa.Column("evidence_since", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_passkey_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkey")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkey_credential_id")),
    )
    with op.batch_alter_table("passkey", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_passkey_user_id"), ["user_id"], unique=False)

    op.create_table(
        "physical_seal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("branch_id", sa.Uuid(), nullable=False),
        sa.Column("keeper_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("registration_number", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_physical_seal_branch_id")),
        sa.ForeignKeyConstraint(["keeper_id"], ["user_account.id"], name=op.f("fk_physical_seal_keeper_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_physical_seal_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_physical_seal")),
    )
    with op.batch_alter_table("physical_seal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_physical_seal_branch_id"), ["branch_id"], unique=False)

    op.create_table(
        "recovery_code",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("code_mac", sa.String(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("spent_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_recovery_code_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
        sa.UniqueConstraint("code_mac", name=op.f("uq_recovery_code_code_mac")),
    )
    with op.batch_alter_table("recovery_code", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_recovery_code_user_id"), ["user_id"], unique=False)

    op.create_table(
        "request_batch",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("filename", sa.String(), nullable=False),
        sa.Column("template_code", sa.String(), nullable=False),
        sa.Column("template_version", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("fields", sa.JSON().with_variant(sa.JSON(none_as_null=True), "postgresql"), nullable=False),
        sa.Column("hand_in", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["user_account.id"], name=op.f("fk_request_batch_account_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_request_batch_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_batch")),
    )
    with op.batch_alter_table("request_batch", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_request_batch_account_id"), ["account_id"], unique=False)

    op.create_table(
        "request_draft",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("document", sa.JSON().with_variant(sa.JSON(none_as_null=True), "postgresql"), nullable=False),
        sa.Column("fields", sa.JSON().with_variant(sa.JSON(none_as_null=True), "postgresql"), nullable=False),
        sa.Column("earlier_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("saved_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_request_draft_organisation_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["user_account.id"], name=op.f("fk_request_draft_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_draft")),
    )
    with op.batch_alter_table("request_draft", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_request_draft_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_request_draft_saved_at"), ["saved_at"], unique=False)

    op.create_table(
        "request_template",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("fields", sa.JSON().with_variant(sa.JSON(none_as_null=True), "postgresql"), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_request_template_organisation_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["user_account.id"], name=op.f("fk_request_template_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_template")),
        sa.UniqueConstraint("person_id", "name", name=op.f("uq_request_template_person_id_name")),
    )
    op.create_table(
        "rights_review",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("opened_by", sa.Uuid(), nullable=False),
        sa.Column("opened_at", Moment(), nullable=False),
        sa.Column("due_at", Moment(), nullable=False),
        sa.Column("signed_off_by", sa.Uuid(), nullable=True),
        sa.Column("signed_off_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["opened_by"], ["user_account.id"], name=op.f("fk_rights_review_opened_by")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_rights_review_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rights_review")),
    )
    with op.batch_alter_table("rights_review", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rights_review_organisation_id"), ["organisation_id"], unique=False)

    op.create_table(
        "seal_artwork",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("filename", sa.String(), nullable=False),
        sa.Column("width_um", sa.Integer(), nullable=False),
        sa.Column("height_um", sa.Integer(), nullable=False),
        sa.Column("dpi", sa.Integer(), nullable=False),
        sa.Column("original_sha256", sa.String(), nullable=False),
        sa.Column("before_sha256", sa.String(), nullable=False),
        sa.Column("artwork_sha256", sa.String(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_seal_artwork_organisation_id")),
        sa.ForeignKeyConstraint(["person_id"], ["user_account.id"], name=op.f("fk_seal_artwork_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seal_artwork")),
    )
    op.create_table(
        "seal_import",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("filename", sa.String(), nullable=False),
        sa.Column("file_sha256", sa.String(), nullable=False),
        sa.Column("lines", sa.JSON().with_variant(sa.JSON(none_as_null=True), "postgresql"), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("applied_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_seal_import_organisation_id")),
        sa.ForeignKeyConstraint(["person_id"], ["user_account.id"], name=op.f("fk_seal_import_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seal_import")),
    )
    op.create_table(
        "sign_in_source",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("resting_until", Moment(), nullable=True),
        sa.Column("succeeded_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_sign_in_source_user_id")),
        sa.PrimaryKeyConstraint("user_id", "source", name=op.f("pk_sign_in_source")),
    )
    op.create_table(
        "statement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("body", sa.JSON().with_variant(sa.JSON(none_as_null=True), "postgresql"), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("refusal", sa.String(), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("made_at", Moment(), nullable=False),
        sa.Column("registered_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_statement_organisation_id")),
        sa.ForeignKeyConstraint(["proposed_by"], ["user_account.id"], name=op.f("fk_statement_proposed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement")),
        sa.UniqueConstraint("sha256", name=op.f("uq_statement_sha256")),
    )
    with op.batch_alter_table("statement", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_statement_organisation_id"), ["organisation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_statement_state"), ["state"], unique=False)
        batch_op.create_index(batch_op.f("ix_statement_subject_id"), ["subject_id"], unique=False)

    op.create_table(
        "totp_factor",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("seed", sa.String(), nullable=True),
        sa.Column("next_seed", sa.String(), nullable=True),
        sa.Column("confirmed_at", Moment(), nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_totp_factor_user_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_totp_factor")),
    )
    op.create_table(
        "webhook",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("branch_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("types", sa.JSON().with_variant(sa.JSON(none_as_null=True), "postgresql"), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("secret", sa.String(), nullable=False),
        sa.Column("previous_secret", sa.String(), nullable=True),
        sa.Column("previous_until", Moment(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_webhook_branch_id")),
        sa.ForeignKeyConstraint(["created_by"], ["user_account.id"], name=op.f("fk_webhook_created_by")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_webhook_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook")),
    )
    with op.batch_alter_table("webhook", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_webhook_organisation_id"), ["organisation_id"], unique=False)

    op.create_table(
        "identity_evidence",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("proof_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("filename", sa.String(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("object_sha256", sa.String(), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["proof_id"], ["identity_proof.id"], name=op.f("fk_identity_evidence_proof_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_evidence")),
        sa.UniqueConstraint("proof_id", "position", name=op.f("uq_identity_evidence_proof_id_position")),
    )
    with op.batch_alter_table("identity_evidence", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_identity_evidence_proof_id"), ["proof_id"], unique=False)

    op.create_table(
        "identity_step",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("proof_id", sa.Uuid(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("before", sa.String(), nullable=False),
        sa.Column("after", sa.String(), nullable=False),
        sa.Column("method", sa.String(), nullable=True),
        sa.Column("remark", sa.String(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["proof_id"], ["identity_proof.id"], name=op.f("fk_identity_step_proof_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_step")),
    )
    with op.batch_alter_table("identity_step", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_identity_step_proof_id"), ["proof_id"], unique=False)

    op.create_table(
        "key_medium",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("holder_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("maker", sa.String(), nullable=False),
        sa.Column("serial_number", sa.String(), nullable=False),
        sa.Column("number_in_use", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("applied_by", sa.Uuid(), nullable=False),
        sa.Column("applied_at", Moment(), nullable=False),
        sa.Column("received_at", Moment(), nullable=True),
        sa.Column("replaces_id", sa.Uuid(), nullable=True),
        sa.Column("passkey_id", sa.Uuid(), nullable=True),
        sa.Column("certificate_serial", sa.String(), nullable=True),
        sa.Column("certificate_sha256", sa.String(), nullable=True),
        sa.Column("certificate_subject", sa.String(), nullable=True),
        sa.Column("certificate_not_after", Moment(), nullable=True),
        sa.Column("certificate_stopped_at", Moment(), nullable=True),
        sa.Column("pending_action", sa.String(), nullable=True),
        sa.Column("pending_by", sa.Uuid(), nullable=True),
        sa.Column("pending_at", Moment(), nullable=True),
        sa.Column("pending_remark", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["applied_by"], ["user_account.id"], name=op.f("fk_key_medium_applied_by")),
        sa.ForeignKeyConstraint(["holder_id"], ["user_account.id"], name=op.f("fk_key_medium_holder_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_key_medium_organisation_id")),
        sa.ForeignKeyConstraint(["passkey_id"], ["passkey.id"], name=op.f("fk_key_medium_passkey_id")),
        sa.ForeignKeyConstraint(["replaces_id"], ["key_medium.id"], name=op.f("fk_key_medium_replaces_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_key_medium")),
        sa.UniqueConstraint("number_in_use", name=op.f("uq_key_medium_number_in_use")),
    )
    with op.batch_alter_table("key_medium", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_key_medium_holder_id"), ["holder_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_key_medium_organisation_id"), ["organisation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_key_medium_replaces_id"), ["replaces_id"], unique=False)

    op.create_table(
        "physical_seal_step",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seal_id", sa.Uuid(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("before", sa.String(), nullable=False),
        sa.Column("after", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("keeper_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("witness_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["keeper_id"], ["user_account.id"], name=op.f("fk_physical_seal_step_keeper_id")),
        sa.ForeignKeyConstraint(["person_id"], ["user_account.id"], name=op.f("fk_physical_seal_step_person_id")),
        sa.ForeignKeyConstraint(["seal_id"], ["physical_seal.id"], name=op.f("fk_physical_seal_step_seal_id")),
        sa.ForeignKeyConstraint(["witness_id"], ["user_account.id"], name=op.f("fk_physical_seal_step_witness_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_physical_seal_step")),
    )
    with op.batch_alter_table("physical_seal_step", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_physical_seal_step_seal_id"), ["seal_id"], unique=False)

    op.create_table(
        "request_batch_row",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("values", sa.JSON().with_variant(sa.JSON(none_as_null=True), "postgresql"), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("problem", sa.String(), nullable=False),
        sa.Column("problem_code", sa.String(), server_default="", nullable=False),
        sa.Column("draft_id", sa.Uuid(), nullable=True),
        sa.Column("request_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["request_batch.id"], name=op.f("fk_request_batch_row_batch_id")),
        sa.PrimaryKeyConstraint("batch_id", "number", name=op.f("pk_request_batch_row")),
    )
    with op.batch_alter_table("request_batch_row", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_request_batch_row_reference"), ["reference"], unique=False)

    op.create_table(
        "rights_review_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("subject_name", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["review_id"], ["rights_review.id"], name=op.f("fk_rights_review_line_review_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_rights_review_line_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rights_review_line")),
    )
    with op.batch_alter_table("rights_review_line", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rights_review_line_review_id"), ["review_id"], unique=False)

    op.create_table(
        "seal_custodian",
        sa.Column("seal_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["user_account.id"], name=op.f("fk_seal_custodian_person_id")),
        sa.ForeignKeyConstraint(["seal_id"], ["seal.id"], name=op.f("fk_seal_custodian_seal_id")),
        sa.PrimaryKeyConstraint("seal_id", "person_id", name=op.f("pk_seal_custodian")),
    )
    with op.batch_alter_table("seal_custodian", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_seal_custodian_person_id"), ["person_id"], unique=False)

    op.create_table(
        "seal_permit",
        sa.Column("seal_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("target_id", sa.Uuid(), nullable=False),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["seal_id"], ["seal.id"], name=op.f("fk_seal_permit_seal_id")),
        sa.PrimaryKeyConstraint("seal_id", "kind", "target_id", name=op.f("pk_seal_permit")),
    )
    op.create_table(
        "seal_step",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seal_id", sa.Uuid(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("before", sa.String(), nullable=False),
        sa.Column("after", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("form", sa.JSON().with_variant(sa.JSON(none_as_null=True), "postgresql"), nullable=False),
        sa.Column("attachment_sha256", sa.String(), nullable=True),
        sa.Column("attachment_name", sa.String(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("statement_id", sa.Uuid(), nullable=True),
        sa.Column("body_sha256", sa.String(), nullable=True),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("done_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["user_account.id"], name=op.f("fk_seal_step_person_id")),
        sa.ForeignKeyConstraint(["seal_id"], ["seal.id"], name=op.f("fk_seal_step_seal_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seal_step")),
    )
    with op.batch_alter_table("seal_step", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_seal_step_seal_id"), ["seal_id"], unique=False)
        batch_op.create_index(
            "one_open_step_per_seal",
            ["seal_id"],
            unique=True,
            sqlite_where=sa.text("outcome = 'open'"),
            postgresql_where=sa.text("outcome = 'open'"),
        )

    op.create_table(
        "statement_signature",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("statement_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("as_officer", sa.Boolean(), nullable=False),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column("signed_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["user_account.id"], name=op.f("fk_statement_signature_person_id")),
        sa.ForeignKeyConstraint(["statement_id"], ["statement.id"], name=op.f("fk_statement_signature_statement_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement_signature")),
        sa.UniqueConstraint("statement_id", "person_id", name=op.f("uq_statement_signature_statement_id_person_id")),
    )
    with op.batch_alter_table("statement_signature", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_statement_signature_statement_id"), ["statement_id"], unique=False)

    op.create_table(
        "webhook_delivery",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=True),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", Moment(), nullable=False),
        sa.Column("give_up_at", Moment(), nullable=False),
        sa.Column("last_status", sa.Integer(), nullable=True),
        sa.Column("last_problem", sa.String(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("delivered_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhook.id"], name=op.f("fk_webhook_delivery_webhook_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_delivery")),
        sa.UniqueConstraint("webhook_id", "entry_id", name=op.f("uq_webhook_delivery_webhook_id_entry_id")),
    )
    with op.batch_alter_table("webhook_delivery", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_webhook_delivery_state"), ["state"], unique=False)
        batch_op.create_index(batch_op.f("ix_webhook_delivery_webhook_id"), ["webhook_id"], unique=False)

    op.create_table(
        "key_medium_step",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("medium_id", sa.Uuid(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("before", sa.String(), nullable=False),
        sa.Column("after", sa.String(), nullable=False),
        sa.Column("remark", sa.String(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("first_person_id", sa.Uuid(), nullable=True),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["medium_id"], ["key_medium.id"], name=op.f("fk_key_medium_step_medium_id")),
        sa.ForeignKeyConstraint(["person_id"], ["user_account.id"], name=op.f("fk_key_medium_step_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_key_medium_step")),
    )
    with op.batch_alter_table("key_medium_step", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_key_medium_step_medium_id"), ["medium_id"], unique=False)

    op.create_table(
        "request_attachment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("filename", sa.String(), nullable=False),
        sa.Column("original_sha256", sa.String(), nullable=False),
        sa.Column("safe_sha256", sa.String(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["request_id"], ["print_request.id"], name=op.f("fk_request_attachment_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_attachment")),
        sa.UniqueConstraint("request_id", "position", name=op.f("uq_request_attachment_request_id_position")),
    )
    op.create_table(
        "request_party",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("consents", sa.Boolean(), nullable=False),
        sa.Column("accepts_print", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["request_id"], ["print_request.id"], name=op.f("fk_request_party_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_party")),
        sa.UniqueConstraint("request_id", "position", name=op.f("uq_request_party_request_id_position")),
    )
    with op.batch_alter_table("request_party", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_request_party_name"), ["name"], unique=False)
        batch_op.create_index(batch_op.f("ix_request_party_number"), ["number"], unique=False)

    op.create_table(
        "request_reader",
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["user_account.id"], name=op.f("fk_request_reader_person_id")),
        sa.ForeignKeyConstraint(["request_id"], ["print_request.id"], name=op.f("fk_request_reader_request_id")),
        sa.PrimaryKeyConstraint("request_id", "person_id", name=op.f("pk_request_reader")),
    )
    with op.batch_alter_table("request_reader", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_request_reader_person_id"), ["person_id"], unique=False)

    op.create_table(
        "request_seal",
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("seal_id", sa.Uuid(), nullable=False),
        sa.Column("wanted", sa.JSON().with_variant(sa.JSON(none_as_null=True), "postgresql"), nullable=False),
        sa.Column("places", sa.JSON().with_variant(sa.JSON(none_as_null=True), "postgresql"), nullable=True),
        sa.ForeignKeyConstraint(["request_id"], ["print_request.id"], name=op.f("fk_request_seal_request_id")),
        sa.ForeignKeyConstraint(["seal_id"], ["seal.id"], name=op.f("fk_request_seal_seal_id")),
        sa.PrimaryKeyConstraint("request_id", "position", name=op.f("pk_request_seal")),
    )
    with op.batch_alter_table("request_seal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_request_seal_seal_id"), ["seal_id"], unique=False)

    op.create_table(
        "request_turn",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=True),
        sa.Column("scope", sa.String(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["request_id"], ["print_request.id"], name=op.f("fk_request_turn_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_turn")),
    )
    with op.batch_alter_table("request_turn", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_request_turn_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_request_turn_request_id"), ["request_id"], unique=False)

    op.create_table(
        "webhook_attempt",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("begun_at", Moment(), nullable=False),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("problem", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["webhook_delivery.id"], name=op.f("fk_webhook_attempt_delivery_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_attempt")),
        sa.UniqueConstraint("delivery_id", "number", name=op.f("uq_webhook_attempt_delivery_id_number")),
    )
    op.create_table(
        "wet_seal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("seal_id", sa.Uuid(), nullable=False),
        sa.Column("papers", sa.Integer(), nullable=False),
        sa.Column("sealed_at", Moment(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["recorded_by"], ["user_account.id"], name=op.f("fk_wet_seal_recorded_by")),
        sa.ForeignKeyConstraint(["request_id"], ["print_request.id"], name=op.f("fk_wet_seal_request_id")),
        sa.ForeignKeyConstraint(["seal_id"], ["seal.id"], name=op.f("fk_wet_seal_seal_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wet_seal")),
        sa.UniqueConstraint("request_id", name=op.f("uq_wet_seal_request_id")),
    )
    op.create_table(
        "code_sighting",
        sa.Column("copy_id", sa.Uuid(), nullable=False),
        sa.Column("visitor", sa.String(), nullable=False),
        sa.Column("seen_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["copy_id"], ["copy.id"], name=op.f("fk_code_sighting_copy_id")),
        sa.PrimaryKeyConstraint("copy_id", "visitor", name=op.f("pk_code_sighting")),
    )
    with op.batch_alter_table("code_sighting", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_code_sighting_seen_at"), ["seen_at"], unique=False)

    op.create_table(
        "copy_seal",
        sa.Column("copy_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("seal_id", sa.Uuid(), nullable=False),
        sa.Column("signature_sha256", sa.String(), nullable=False),
        sa.Column("sealed_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["copy_id"], ["copy.id"], name=op.f("fk_copy_seal_copy_id")),
        sa.ForeignKeyConstraint(["seal_id"], ["seal.id"], name=op.f("fk_copy_seal_seal_id")),
        sa.PrimaryKeyConstraint("copy_id", "position", name=op.f("pk_copy_seal")),
    )
    with op.batch_alter_table("copy_seal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_copy_seal_seal_id"), ["seal_id"], unique=False)

    with op.batch_alter_table("api_token", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("scopes", sa.JSON().with_variant(sa.JSON(none_as_null=True), "postgresql"), nullable=True)
        )
        batch_op.add_column(
            sa.Column("networks", sa.JSON().with_variant(sa.JSON(none_as_null=True), "postgresql"), nullable=True)
        )
        batch_op.add_column(sa.Column("issued_by", sa.Uuid(), nullable=True))

    with op.batch_alter_table("approval", schema=None) as batch_op:
        batch_op.add_column(sa.Column("acts_for", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("to_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("kind", sa.String(), server_default="attested", nullable=False))
        batch_op.drop_constraint(batch_op.f("uq_approval_request_id_person_id"), type_="unique")
        batch_op.create_index(
            "one_decision_a_person",
            ["request_id", "person_id"],
            unique=True,
            sqlite_where=sa.text("substr(step, 1, 8) <> 'custody:'"),
            postgresql_where=sa.text("substr(step, 1, 8) <> 'custody:'"),
        )
        batch_op.create_unique_constraint(
            batch_op.f("uq_approval_request_id_person_id_step"), ["request_id", "person_id", "step"]
        )

    with op.batch_alter_table("branch", schema=None) as batch_op:
        batch_op.add_column(sa.Column("closed_at", Moment(), nullable=True))

    with op.batch_alter_table("document", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("findings", sa.JSON().with_variant(sa.JSON(none_as_null=True), "postgresql"), nullable=True)
        )

    with op.batch_alter_table("print_request", schema=None) as batch_op:
        batch_op.add_column(sa.Column("class_code", sa.String(), server_default="general", nullable=False))
        batch_op.add_column(
            sa.Column("flow", sa.JSON().with_variant(sa.JSON(none_as_null=True), "postgresql"), nullable=True)
        )
        batch_op.add_column(
            sa.Column("steps", sa.JSON().with_variant(sa.JSON(none_as_null=True), "postgresql"), nullable=True)
        )
        batch_op.add_column(sa.Column("step", sa.String(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("amount_minor", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("amount_currency", sa.String(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("reference_key", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("earlier_id", sa.Uuid(), nullable=True))
        batch_op.add_column(
            sa.Column("changed_pages", sa.JSON().with_variant(sa.JSON(none_as_null=True), "postgresql"), nullable=True)
        )
        batch_op.add_column(sa.Column("urged_at", Moment(), nullable=True))
        batch_op.add_column(sa.Column("electronic", sa.String(), server_default="none", nullable=False))
        batch_op.add_column(sa.Column("code_corner", sa.String(), server_default="free", nullable=False))
        batch_op.create_index(batch_op.f("ix_print_request_earlier_id"), ["earlier_id"], unique=False)
        batch_op.create_index("one_request_a_reference", ["reference_key"], unique=True)
        batch_op.create_index("print_request_amount", ["organisation_id", "amount_minor"], unique=False)
        batch_op.create_index("print_request_newest_of_applicant", ["applicant_id", "id"], unique=False)
        batch_op.create_index("print_request_newest_of_branch", ["branch_id", "id"], unique=False)

    with op.batch_alter_table("printer", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "calibration",
                sa.JSON().with_variant(sa.JSON(none_as_null=True), "postgresql"),
                server_default="{}",
                nullable=False,
            )
        )

    with op.batch_alter_table("role_binding", schema=None) as batch_op:
        batch_op.add_column(sa.Column("valid_from", Moment(), nullable=True))
        batch_op.add_column(sa.Column("valid_until", Moment(), nullable=True))
        batch_op.add_column(sa.Column("granted_by", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("statement_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("ended_at", Moment(), nullable=True))

    with op.batch_alter_table("seal", schema=None) as batch_op:
        batch_op.add_column(sa.Column("registration_number", sa.String(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("origin", sa.String(), server_default="internal", nullable=False))
        batch_op.add_column(sa.Column("artwork_source", sa.String(), server_default="drawn", nullable=False))
        batch_op.add_column(sa.Column("artwork_sha256", sa.String(), nullable=True))
        batch_op.add_column(
            sa.Column("design", sa.JSON().with_variant(sa.JSON(none_as_null=True), "postgresql"), nullable=True)
        )
        batch_op.add_column(sa.Column("purpose", sa.String(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("applicant_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("owner_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("replaces_id", sa.Uuid(), nullable=True))
        batch_op.add_column(
            sa.Column(
                "classes",
                sa.JSON().with_variant(sa.JSON(none_as_null=True), "postgresql"),
                server_default="[]",
                nullable=False,
            )
        )
        batch_op.add_column(sa.Column("evidence", sa.String(), server_default="attested", nullable=False))
        batch_op.add_column(sa.Column("uses", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("uses_limit", sa.Integer(), nullable=True))

    with op.batch_alter_table("user_account", schema=None) as batch_op:
        batch_op.add_column(sa.Column("person_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("frozen_at", Moment(), nullable=True))
        batch_op.add_column(sa.Column("frozen_reason", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("left_at", Moment(), nullable=True))
        batch_op.add_column(sa.Column("kind", sa.String(), server_default="person", nullable=False))
        batch_op.add_column(sa.Column("password_changed_at", Moment(), nullable=True))
        batch_op.add_column(sa.Column("must_change_password", sa.Boolean(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("email", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("dormancy_warned_at", Moment(), nullable=True))

    with op.batch_alter_table("web_session", schema=None) as batch_op:
        batch_op.add_column(sa.Column("last_seen_at", Moment(), nullable=True))
        batch_op.add_column(sa.Column("factor", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("factor_shown_at", Moment(), nullable=True))
        batch_op.add_column(sa.Column("factor_mac", sa.String(), nullable=True))
