"""Put the pages into an application."""

from __future__ import annotations

from typing import Final

from fastapi import FastAPI

from printserver.http_edge.problems import show_problems_as_pages
from printserver.http_edge.routes import serve
from printserver.web import assets
from printserver.web.pages import (
    access_resets,
    account,
    approvals,
    archive,
    archive_catalogue,
    archive_evidence,
    archive_fixity,
    archive_sweep,
    audit,
    branches,
    calibration,
    copies,
    copy_papers,
    device_policy,
    document_classes,
    document_findings,
    document_templates,
    dormant,
    electronic_originals,
    file_checks,
    frozen_places,
    home,
    identity,
    imported_records,
    key_media,
    keys,
    live,
    new_request,
    notifications,
    owed_returns,
    passkey_decisions,
    passkey_sign_in,
    passkeys,
    people,
    physical_seals,
    placement_preview,
    print_requests,
    printer_enrolment,
    printers,
    public_verification,
    quarantine,
    reconciliation,
    release,
    request_batches,
    request_decisions,
    request_drafts,
    retention,
    returns,
    rights,
    seal_applications,
    seal_check,
    seal_imports,
    seals,
    seals_across,
    service_accounts,
    session,
    signing_capture,
    single_sign_on,
    staff,
    statements,
    step_up,
    tokens,
    webhooks,
)
from printserver.web.problem_page import problem_page

# `new_request` before `print_requests`: /requests/new is no request's id; so with the enrolment and the printers,
# and with the applications and the seals.
_PAGES: Final = (
    *(
        public_verification,
        file_checks,
        seal_check,
        session,
        live,
        home,
        request_drafts,
        document_findings,
        placement_preview,
        new_request,
        print_requests,
        electronic_originals,
        request_decisions,
        approvals,
        document_classes,
        document_templates,
        request_batches,
        copies,
        release,
        copy_papers,
        owed_returns,
        signing_capture,
    ),
    *(passkey_decisions, passkey_sign_in, passkeys, single_sign_on),
    *(printer_enrolment, printers, calibration, reconciliation),
    *(returns, seals_across, quarantine, archive_catalogue, archive, retention, audit, tokens, statements),
    *(archive_evidence, archive_fixity, archive_sweep, imported_records),
    *(notifications, webhooks),
    *(seal_applications, seal_imports, seals, physical_seals),
    *(account, step_up, access_resets, service_accounts),
    *(identity, key_media),
    *(people, staff, branches, frozen_places, device_policy, dormant, rights),
    keys,
)


def mount(app: FastAPI) -> None:
    serve(app, assets.router, *(page.router for page in _PAGES))
    show_problems_as_pages(app, problem_page)
