-- Least privileges of the server's processes on PostgreSQL. Run it as a superuser, after `printserver init` and again
-- after every `printserver migrate`:
--
--     psql --dbname=printserver --set=ON_ERROR_STOP=1 --single-transaction --file=deploy/database_roles.sql
--
-- It may be run at any time: it makes roles that are missing, takes everything away and grants anew. Passwords are
-- given by hand (\password printserver_web). The tables belong to whoever migrates, and no process is that role.
--
-- The rules behind the list:
--   * the log is written once: no role may UPDATE, DELETE or TRUNCATE audit_entry, audit_leaf, audit_head;
--   * only the signer gives entries their place (audit_leaf) and signs heads (audit_head);
--   * only the signer uses an authorisation up (redeemed_at) and says that a copy is issued (issued_sha256, issued_at);
--   * only the web process, where people are signed in, records decisions and grants authorisations;
--   * what a copy is (serial, pages, rendition) is written once, by the worker, and changed by nobody;
--   * no role may DELETE a row of the product, but answers of old idempotency keys, from where codes were opened, and
--     drafts and kept values that people have not handed in; passwords and sessions are for the web process alone.
-- Which state follows which is decided by the product; the database cannot tell one state from another here.

DO $$
DECLARE
    process text;
BEGIN
    FOREACH process IN ARRAY ARRAY['printserver_web', 'printserver_worker', 'printserver_signer'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = process) THEN
            EXECUTE format('CREATE ROLE %I LOGIN', process);
        END IF;
        EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA public, dbos FROM %I', process);
        EXECUTE format('REVOKE ALL ON ALL SEQUENCES IN SCHEMA public, dbos FROM %I', process);
        EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), process);
        EXECUTE format('GRANT USAGE ON SCHEMA public TO %I', process);
    END LOOP;
    EXECUTE format('REVOKE CONNECT, TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
END $$;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
-- The job engine's own function for making jobs runs with the caller's rights; nobody needs it.
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA dbos FROM PUBLIC;

-- ---------------------------------------------------------------- the log

GRANT SELECT, INSERT ON audit_entry TO printserver_web, printserver_worker, printserver_signer;
GRANT SELECT ON audit_leaf, audit_head TO printserver_web, printserver_worker;
GRANT SELECT, INSERT ON audit_leaf, audit_head TO printserver_signer;

-- ---------------------------------------------------------------- web

GRANT SELECT ON
    alembic_version, organisation, branch, user_account, role_binding, web_session, api_token, idempotency_record,
    seal, printer, document, print_request, copy, approval, authorisation,
    return_batch, return_page, returned_copy, archive_record, archive_counter
    TO printserver_web;
-- Signing in: failures counted, sessions and tokens opened and ended.
GRANT UPDATE (failed_sign_ins, locked_until, password_hash, password_changed_at, must_change_password)
    ON user_account TO printserver_web;
GRANT INSERT ON web_session, api_token TO printserver_web;
GRANT UPDATE (ended_at, secret_sha256, last_seen_at, factor, factor_shown_at, factor_mac)
    ON web_session TO printserver_web;
GRANT SELECT, INSERT, UPDATE (failed, resting_until, succeeded_at) ON sign_in_source TO printserver_web;
GRANT SELECT, INSERT, UPDATE (seed, next_seed, confirmed_at, last_step) ON totp_factor TO printserver_web;
GRANT SELECT, INSERT, UPDATE (spent_at) ON recovery_code TO printserver_web;
GRANT SELECT, INSERT, UPDATE (name, sign_count, newest_challenge, last_used_at, mac, removed_at, statement_id)
    ON passkey TO printserver_web;
GRANT SELECT, INSERT ON former_password TO printserver_web;
GRANT SELECT, INSERT, UPDATE (completed_at, completed_by) ON access_reset TO printserver_web;
GRANT UPDATE (revoked_at, secret_sha256) ON api_token TO printserver_web;
GRANT INSERT, UPDATE (status, answer) ON idempotency_record TO printserver_web;
-- Statements to the signer's register: made and signed here; only their state moves.
GRANT SELECT, INSERT ON statement, statement_signature TO printserver_web;
GRANT UPDATE (state, refusal, registered_at) ON statement TO printserver_web;
-- People and their rights: nothing is deleted, rights are ended.
GRANT SELECT, INSERT ON custom_role, delegation, rights_review, rights_review_line TO printserver_web;
GRANT INSERT ON branch, user_account, role_binding TO printserver_web;
GRANT UPDATE (name, path, closed_at) ON branch TO printserver_web;
GRANT UPDATE (branch_id, staff_number, name, login, frozen, person_id, frozen_at, frozen_reason, left_at,
    dormancy_warned_at)
    ON user_account TO printserver_web;
GRANT UPDATE (valid_from, valid_until, granted_by, statement_id, ended_at) ON role_binding TO printserver_web;
GRANT UPDATE (name_zh, name_en, permissions, retired_at) ON custom_role TO printserver_web;
GRANT UPDATE (ended_at) ON delegation TO printserver_web;
GRANT UPDATE (signed_off_by, signed_off_at) ON rights_review TO printserver_web;
GRANT UPDATE (verdict, reason, decided_by, decided_at) ON rights_review_line TO printserver_web;
GRANT SELECT ON place_freeze TO printserver_signer;
GRANT SELECT (id, path) ON branch TO printserver_signer;
GRANT SELECT, INSERT, UPDATE (ended_at) ON place_freeze TO printserver_web, printserver_worker;
-- Proofs of identity: what is erased is blanked and its keys are forgotten, so that the row remains.
GRANT SELECT, INSERT ON identity_proof, identity_evidence, identity_step, identity_policy TO printserver_web;
GRANT UPDATE (state, name, legal_representative, number_masked, number_digest, sealed_number, wrapped_key,
    checked_by, checked_at, method, recheck_on, ended_at, erasure_asked_by, erasure_asked_at)
    ON identity_proof TO printserver_web;
GRANT UPDATE (filename, wrapped_key) ON identity_evidence TO printserver_web;
GRANT UPDATE (remark) ON identity_step TO printserver_web;
GRANT UPDATE (custodians, binding_roles, companies, recheck_days, retention_days, changed_by, changed_at)
    ON identity_policy TO printserver_web;
-- The register of key media.
GRANT SELECT, INSERT ON key_medium, key_medium_step TO printserver_web;
GRANT UPDATE (maker, serial_number, number_in_use, state, received_at, passkey_id, certificate_serial,
    certificate_sha256, certificate_subject, certificate_not_after, certificate_stopped_at,
    pending_action, pending_by, pending_at, pending_remark)
    ON key_medium TO printserver_web;
-- Applying and deciding.
GRANT INSERT ON document, print_request, approval, authorisation TO printserver_web;
GRANT UPDATE (state, flow, steps, step, reference_key, urged_at) ON print_request TO printserver_web;
GRANT SELECT, INSERT ON request_party, request_attachment, request_reader, request_turn, request_seal, wet_seal
    TO printserver_web;
-- Drafts and kept values are their person's own until they are handed in or discarded.
GRANT SELECT, INSERT, UPDATE, DELETE ON request_draft, request_template, open_form TO printserver_web;
-- Templates: versions are written once, a template is only taken out of use. What batches' rows become is the worker's.
GRANT SELECT, INSERT ON document_template, document_template_version TO printserver_web;
GRANT UPDATE (retired_at) ON document_template TO printserver_web;
GRANT SELECT, INSERT ON request_batch, request_batch_row TO printserver_web;
GRANT UPDATE (state, ended_at) ON request_batch TO printserver_web;
GRANT UPDATE (state, problem, problem_code) ON request_batch_row TO printserver_web;
-- What is said of a class of documents; its flow is the worker's, once officers have confirmed it.
GRANT SELECT, INSERT ON document_class TO printserver_web;
GRANT UPDATE (name_zh, name_en, retention, seal_types, hints, marks, retired, public_view, changed_at)
    ON document_class TO printserver_web;
-- From how many places a code was opened lately: digests, deleted after a month.
GRANT SELECT, INSERT, DELETE ON code_sighting TO printserver_web;
-- Releasing, settling, voiding, replacing.
GRANT UPDATE (state, job_uuid, cups_job_id, released_by, released_at, sent_at, printed_at, settled_reason, settled_by,
    settled_at, confirmed_by, confirmed_at)
    ON copy TO printserver_web;
-- Release codes: made, used once; wrong tries counted. What holders were told is written once.
GRANT SELECT, INSERT ON release_code, release_tries, copy_notice TO printserver_web;
GRANT UPDATE (used_by, used_at) ON release_code TO printserver_web;
GRANT UPDATE (failed, failed_at, locked_until) ON release_tries TO printserver_web;
-- The printer register; what printers say of themselves is the worker's, a panel's counter a person's.
GRANT INSERT ON printer TO printserver_web;
GRANT UPDATE (branch_id, name, location, release_rule, counter, paused, paused_reason, retired_at,
    certificate_sha256, certificate_pem, certificate_not_after,
    model, colour, two_sided, document_format, resolution_dpi, calibration, capabilities, capabilities_at)
    ON printer TO printserver_web;
GRANT SELECT ON printer_status TO printserver_web;
GRANT SELECT, INSERT ON counter_reading TO printserver_web;
-- Reconciliation: persons close alarms, they never open one or change its figures.
GRANT SELECT, UPDATE (closed_at, closed_by, reason) ON count_alarm TO printserver_web;
-- A released copy that nobody prints yet is called back, and its ticket with it.
GRANT SELECT (id, copy_id, job_uuid, printer_id, state, attempt, record, ended_at), UPDATE (state, ended_at)
    ON print_ticket TO printserver_web;
-- Telling others: what a person wants to be told, webhooks, and messages that are to be sent again.
GRANT SELECT, INSERT, UPDATE (language, unwanted) ON mail_preference TO printserver_web;
GRANT SELECT, INSERT, UPDATE (name, url, types, state, secret, previous_secret, previous_until)
    ON webhook TO printserver_web;
GRANT SELECT, INSERT, UPDATE (state, due_at, give_up_at) ON webhook_delivery TO printserver_web;
GRANT SELECT ON webhook_attempt TO printserver_web;
GRANT UPDATE (email) ON user_account TO printserver_web;
-- Seals: applied for, stopped at once, counted when their use is confirmed. What makes one usable is the worker's.
GRANT INSERT ON seal TO printserver_web;
GRANT UPDATE (state, uses) ON seal TO printserver_web;
GRANT SELECT, INSERT ON seal_custodian, seal_artwork, physical_seal_step TO printserver_web;
GRANT SELECT ON seal_permit TO printserver_web;
GRANT SELECT, INSERT, UPDATE (outcome, done_at) ON seal_step TO printserver_web;
GRANT SELECT, INSERT, UPDATE (applied_at) ON seal_import TO printserver_web;
GRANT SELECT, INSERT, UPDATE (keeper_id, place, state) ON physical_seal TO printserver_web;
-- Handing in and settling returns; the last settled page archives its copy.
GRANT INSERT ON return_batch, returned_copy, archive_record, archive_counter TO printserver_web;
GRANT UPDATE (state, copy_id, page, request_id, sheet, reason, verdict, settled_by, settled_at)
    ON return_page TO printserver_web;
GRANT UPDATE (last_at) ON returned_copy TO printserver_web;
GRANT UPDATE (last) ON archive_counter TO printserver_web;
-- The archive: parties of what is archived, another try, the contract's end, numbers, and what people look for.
GRANT SELECT, INSERT ON archive_party TO printserver_web;
GRANT SELECT ON archive_text, archive_word TO printserver_web;
GRANT UPDATE (form) ON archive_text TO printserver_web, printserver_worker;
GRANT UPDATE (searchable_state, searchable_tries, searchable_failure, contract_end)
    ON archive_record TO printserver_web;
GRANT SELECT, INSERT, UPDATE (pattern, fonds, changed_at) ON archive_scheme TO printserver_web;
GRANT SELECT, INSERT, UPDATE (fields, created_at), DELETE ON archive_saved_search TO printserver_web;
-- How long records are kept: asked for and confirmed here; what is disposed of is the worker's.
GRANT SELECT, INSERT, UPDATE (taken_at) ON retention_turn TO printserver_web, printserver_worker;
GRANT SELECT ON disposed_record TO printserver_web;
GRANT SELECT, INSERT ON retention_change, legal_hold, held_record, held_branch, disposal_run, disposal_item TO printserver_web;
GRANT UPDATE (retention_class) ON archive_record TO printserver_web;
GRANT UPDATE (state, settled_by, settled_at, refusal) ON retention_change TO printserver_web;
GRANT UPDATE (state, confirmed_by, confirmed_at, lift_reason, lift_asked_by, lift_asked_for, lift_asked_at,
    lift_evidence, lifted_by, lifted_at)
    ON legal_hold TO printserver_web;
GRANT UPDATE (state, settled_by, settled_at, approved_evidence, refusal) ON disposal_run TO printserver_web;
-- Scans that no gate let in: tried again or discarded by a person.
GRANT SELECT ON quarantined_scan, intake_channel TO printserver_web;
GRANT UPDATE (outcome, return_id, settled_by, settled_at, settled_reason) ON quarantined_scan
    TO printserver_web;
-- Papers after printing: what was said stays, corrections are rows of their own; due dates move with a row beside them.
GRANT SELECT, INSERT, UPDATE (policy, changed_at) ON class_return_policy TO printserver_web;
GRANT SELECT, INSERT, UPDATE (due_at, counted_at, extended, written_off_as, written_off_reason, written_off_by,
    written_off_at)
    ON owed_return TO printserver_web;
GRANT SELECT, INSERT ON due_extension, hand_over TO printserver_web;
GRANT SELECT, INSERT, UPDATE (uses, ended_by, ended_at) ON block_exception TO printserver_web, printserver_worker;
GRANT SELECT, INSERT, UPDATE (decision, decided_by, decided_at, remark) ON signing_record TO printserver_web;
-- Evidence packages ordered, records of other installations taken in; of checks only what they found.
GRANT SELECT ON fixity_check TO printserver_web;
-- What lies aside in the store: whoever takes the row away decides on it; what a person gives back is named.
GRANT SELECT, DELETE ON unnamed_object TO printserver_web;
GRANT SELECT, INSERT, DELETE ON given_back_object TO printserver_web;
GRANT SELECT, INSERT ON evidence_order, archive_source, foreign_record TO printserver_web;

-- ---------------------------------------------------------------- worker

GRANT SELECT ON
    alembic_version, organisation, branch, seal, printer, document, print_request, copy, authorisation,
    return_batch, return_page, returned_copy, archive_record, archive_counter, print_ticket
    TO printserver_worker;
GRANT SELECT ON statement, statement_signature TO printserver_worker, printserver_signer;
GRANT UPDATE (state, refusal, registered_at) ON statement TO printserver_worker;
-- What the signer has taken into its register becomes a row here.
GRANT UPDATE (state, object_sha256, custodian_id, owner_id, evidence, classes, uses_limit) ON seal
    TO printserver_worker;
GRANT SELECT, INSERT, UPDATE (ended_at) ON seal_custodian, seal_permit TO printserver_worker;
GRANT SELECT, INSERT, UPDATE (outcome, done_at) ON seal_step TO printserver_worker;
GRANT SELECT ON delegation, custom_role TO printserver_worker;
GRANT SELECT (id, organisation_id, branch_id, name, login, staff_number, frozen, person_id, left_at)
    ON user_account TO printserver_worker;
GRANT SELECT, INSERT ON role_binding TO printserver_worker;
GRANT UPDATE (valid_from, valid_until, granted_by, statement_id, ended_at) ON role_binding TO printserver_worker;
GRANT INSERT, UPDATE (ended_at) ON delegation TO printserver_worker;
GRANT UPDATE (frozen, frozen_at, frozen_reason, failed_sign_ins, locked_until) ON user_account TO printserver_worker;
GRANT SELECT (id, user_id, ended_at), UPDATE (ended_at, secret_sha256, factor_mac) ON web_session TO printserver_worker;
-- Accounts that nobody uses are warned and frozen.
GRANT SELECT (created_at, dormancy_warned_at), UPDATE (dormancy_warned_at) ON user_account TO printserver_worker;
GRANT SELECT (created_at) ON web_session TO printserver_worker;
GRANT SELECT (user_id, created_at) ON api_token TO printserver_worker;
GRANT SELECT, UPDATE (evidence_since, removed_at, mac) ON passkey TO printserver_worker;
-- Proofs of identity fall due and expire by time alone; what is sealed of them is none of the worker's business.
GRANT SELECT (id, organisation_id, person_id, branch_id, document, state, valid_until, recheck_on),
    UPDATE (state, ended_at) ON identity_proof TO printserver_worker;
GRANT INSERT ON identity_step TO printserver_worker;
-- Batches: each row of a table becomes a draft or a request of the person who started it.
GRANT SELECT ON document_template, document_template_version, request_batch, request_batch_row TO printserver_worker;
GRANT UPDATE (state, ended_at) ON request_batch TO printserver_worker;
GRANT UPDATE (state, problem, problem_code, draft_id, request_id) ON request_batch_row TO printserver_worker;
GRANT DELETE ON request_batch, request_batch_row TO printserver_worker;
GRANT INSERT ON document TO printserver_worker;
GRANT INSERT ON request_draft TO printserver_worker;
-- Rendering: the copies come into being with their serials; a wasted copy's replacement is asked for.
GRANT INSERT ON print_request, copy TO printserver_worker;
GRANT UPDATE (state, flow, steps, step, manifest_sha256, failure, drawn, changed_pages) ON print_request TO printserver_worker;
GRANT SELECT, INSERT ON request_party, request_attachment, request_reader, request_turn, request_seal
    TO printserver_worker;
GRANT UPDATE (places) ON request_seal TO printserver_worker;
GRANT SELECT, INSERT, UPDATE (flow, version, changed_at) ON document_class TO printserver_worker;
GRANT SELECT, DELETE ON request_draft TO printserver_worker;
-- Rounds over stored bytes read what forms name.
GRANT SELECT (id, saved_at, typed, problem), DELETE ON open_form TO printserver_worker;
-- Printing.
GRANT UPDATE (state, cups_job_id, printed_at, sent_at, impressions_reported) ON copy TO printserver_worker;
-- Only the worker makes tickets and has them redeemed.
GRANT INSERT ON print_ticket TO printserver_worker;
GRANT UPDATE (state, attempt, record, claimed_at, committed_at, ended_at) ON print_ticket TO printserver_worker;
-- Watching printers; the capabilities of one that was enrolled while it was off.
GRANT SELECT, INSERT, UPDATE ON printer_status TO printserver_worker;
GRANT SELECT, INSERT ON counter_reading TO printserver_worker;
GRANT SELECT, INSERT, UPDATE (figures, opened_at, closed_at, closed_by, reason) ON count_alarm TO printserver_worker;
GRANT UPDATE (model, colour, two_sided, document_format, resolution_dpi, capabilities, capabilities_at)
    ON printer TO printserver_worker;
-- Telling others: the log is read once for all messages; each is tried until it came, or for days.
GRANT SELECT, INSERT, UPDATE (position) ON notification_cursor TO printserver_worker;
GRANT SELECT (email, kind) ON user_account TO printserver_worker;
-- For whom a request waits follows from what was decided.
GRANT SELECT ON approval TO printserver_worker;
GRANT SELECT ON mail_preference, webhook TO printserver_worker;
GRANT SELECT, INSERT, UPDATE (state, attempts, due_at, last_status, last_problem, delivered_at)
    ON webhook_delivery TO printserver_worker;
GRANT SELECT, INSERT, UPDATE (ended_at, outcome, status, problem) ON webhook_attempt TO printserver_worker;
GRANT SELECT, INSERT, UPDATE (state, attempts, due_at, last_problem, sent_at) ON mail TO printserver_worker;
-- Answers of old idempotency keys, the one thing that is ever deleted.
GRANT SELECT (id, created_at), DELETE ON idempotency_record TO printserver_worker;
-- Taking in scans by folder, mail and SFTP; what no gate lets in is kept.
GRANT INSERT ON return_batch TO printserver_worker;
GRANT SELECT, INSERT ON quarantined_scan TO printserver_worker;
GRANT SELECT, INSERT, UPDATE (account, trouble, waiting, taken_in, quarantined, looked_at, last_taken_at)
    ON intake_channel TO printserver_worker;
-- Reading returns, archiving.
GRANT INSERT ON return_page, returned_copy, archive_record, archive_counter TO printserver_worker;
GRANT UPDATE (state, failure, pages, pages_read, section_request_id, section_sheet, finished_at)
    ON return_batch TO printserver_worker;
GRANT UPDATE (return_id) ON return_page TO printserver_worker;
GRANT UPDATE (last_at) ON returned_copy TO printserver_worker;
GRANT UPDATE (last) ON archive_counter TO printserver_worker;
-- Searchable files, and the words of the text that find them.
GRANT SELECT, INSERT ON archive_party TO printserver_worker;
GRANT SELECT ON archive_scheme TO printserver_worker;
GRANT SELECT, INSERT, DELETE ON archive_text, archive_word TO printserver_worker;
GRANT USAGE ON SEQUENCE archive_text_number_seq TO printserver_worker;
GRANT UPDATE (searchable_state, searchable_sha256, searchable_pages, searchable_failure, searchable_tries,
    searchable_at) ON archive_record TO printserver_worker;
-- Disposal: what is gone is said once and for all; texts are blanked, no row is deleted.
GRANT SELECT ON retention_change, legal_hold, held_record, held_branch, disposal_run, disposal_item TO printserver_worker;
GRANT SELECT, INSERT ON disposed_record TO printserver_worker;
GRANT UPDATE (state, refusal, finished_at, certificate_sha256) ON disposal_run TO printserver_worker;
GRANT UPDATE (state, why, named, erased, settled_at) ON disposal_item TO printserver_worker;
GRANT UPDATE (title, own_reference, pages, amount_minor, amount_currency) ON archive_record TO printserver_worker;
GRANT UPDATE (name, number) ON archive_party, request_party TO printserver_worker;
GRANT UPDATE (title, purpose, own_reference, reference_key, amount_minor, amount_currency)
    ON print_request TO printserver_worker;
GRANT UPDATE (filename) ON request_attachment TO printserver_worker;
GRANT UPDATE (filename, findings) ON document TO printserver_worker;
GRANT UPDATE (holder, note) ON copy_notice TO printserver_worker;
GRANT UPDATE (reference, title, "values") ON request_batch_row TO printserver_worker;
GRANT UPDATE (filename) ON return_batch TO printserver_worker;
GRANT UPDATE (findings) ON return_page TO printserver_worker;
GRANT SELECT, UPDATE (holder, receiver, courier_number, note, reason) ON hand_over TO printserver_worker;
GRANT SELECT, UPDATE (reason) ON due_extension TO printserver_worker;
GRANT SELECT, UPDATE (written_off_reason) ON owed_return TO printserver_worker;
GRANT SELECT, UPDATE (signers, witness, place, reason, remark) ON signing_record TO printserver_worker;
GRANT SELECT, UPDATE (filename, detail) ON quarantined_scan TO printserver_worker;
GRANT SELECT ON copy_notice, request_party, request_attachment, request_batch_row TO printserver_worker;
GRANT SELECT (organisation_id, document) ON request_draft TO printserver_worker;
-- Whatever else names objects holds them back.
GRANT SELECT (package_sha256) ON evidence_order, foreign_record TO printserver_worker;
GRANT SELECT (object_sha256) ON identity_evidence TO printserver_worker;
GRANT SELECT (certificate_sha256) ON key_medium TO printserver_worker;
GRANT SELECT (original_sha256, before_sha256, artwork_sha256) ON seal_artwork TO printserver_worker;
GRANT SELECT (file_sha256) ON seal_import TO printserver_worker;
GRANT SELECT (attachment_sha256, body_sha256) ON seal_step TO printserver_worker;
-- Stored bytes that no row names are erased: so every row that may name some is looked at.
GRANT SELECT (fields) ON archive_saved_search, request_template TO printserver_worker;
GRANT SELECT (lines) ON seal_import TO printserver_worker;
-- Papers are owed from printing on; each stage of a due date is told once.
GRANT SELECT ON class_return_policy TO printserver_worker;
GRANT SELECT, INSERT ON owed_return, owed_reminder TO printserver_worker;
-- Checks whether what the archive keeps is still what was put there; packages of evidence that were ordered.
GRANT SELECT, INSERT, DELETE ON unnamed_object TO printserver_worker;
GRANT SELECT ON given_back_object TO printserver_worker;
GRANT SELECT, INSERT ON fixity_check TO printserver_worker;
GRANT UPDATE (checked_at, result, objects, bytes, problems, damaged_since) ON fixity_check TO printserver_worker;
GRANT SELECT ON evidence_order, foreign_record, statement, approval, copy_seal TO printserver_worker;
GRANT UPDATE (checked_at, check_result, damaged_since) ON foreign_record TO printserver_worker;
GRANT UPDATE (done, failure, failure_code, package_sha256, filename, bytes, finished_at, erased_at)
    ON evidence_order TO printserver_worker;

-- ---------------------------------------------------------------- signer

GRANT SELECT ON seal_custodian TO printserver_signer;
GRANT SELECT ON organisation, seal, document, print_request, copy, approval, authorisation TO printserver_signer;
GRANT UPDATE (redeemed_at) ON authorisation TO printserver_signer;
GRANT UPDATE (state, issued_sha256, issued_at) ON copy TO printserver_signer;
-- Which seals were put on a copy: the signer writes it once, with the issue.
GRANT INSERT ON copy_seal TO printserver_signer;
GRANT SELECT ON copy_seal TO printserver_web, printserver_worker;

-- ---------------------------------------------------------------- the job engine's tables

-- The web process puts jobs into the queue; the worker runs them.
GRANT USAGE ON SCHEMA dbos TO printserver_web, printserver_worker;
GRANT SELECT, INSERT, UPDATE (creator_xid) ON dbos.workflow_status TO printserver_web;
GRANT SELECT (workflow_uuid), INSERT ON dbos.workflow_input TO printserver_web;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA dbos TO printserver_worker;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA dbos TO printserver_worker;
