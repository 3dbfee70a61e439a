"""Put the API into an application, with its description."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from fastapi import APIRouter, FastAPI
from fastapi.responses import JSONResponse
from starlette.routing import BaseRoute

from printserver.api.description import describe
from printserver.api.v1 import (
    account,
    archive,
    archive_finding,
    archive_fixity,
    archive_sweep,
    audit,
    branches,
    checks,
    copies,
    copy_seals,
    decisions,
    delegations,
    device_policy,
    document_classes,
    document_findings,
    document_templates,
    dormant,
    electronic_originals,
    evidence,
    frozen_places,
    hand_overs,
    health,
    identity_proofs,
    imported_records,
    key_media,
    key_standings,
    keys,
    notifications,
    owed_returns,
    passkeys,
    people,
    print_requests,
    printer_calibration,
    printers,
    process_sheets,
    reconciliation,
    releases,
    request_batches,
    request_drafts,
    retention,
    returned_marks,
    returned_papers,
    returns,
    returns_intake,
    rights,
    roles,
    seal_checks,
    seal_register,
    seals,
    service_accounts,
    signing_records,
    staff,
    statements,
    time_stamps,
    tokens,
    webhooks,
)
from printserver.api.v1.common import api_router
from printserver.http_edge.declarations import public
from printserver.http_edge.routes import serve

_RESOURCES: Final = (
    *(
        tokens,
        people,
        seals,
        seal_register,
        printers,
        printer_calibration,
        print_requests,
        electronic_originals,
        process_sheets,
        decisions,
        releases,
        copies,
        copy_seals,
        reconciliation,
        returned_marks,
        returned_papers,
        returns,
        returns_intake,
        archive,
        retention,
        archive_finding,
        archive_fixity,
        archive_sweep,
        evidence,
        imported_records,
    ),
    *(owed_returns, hand_overs, signing_records),
    *(request_drafts, document_classes, document_findings, document_templates, request_batches),
    *(passkeys, statements, audit, health, key_standings, seal_checks, checks),
    *(notifications, webhooks),
    *(branches, frozen_places, device_policy, dormant, roles, staff, delegations, rights),
    *(account, service_accounts),
    *(identity_proofs, key_media),
)


def mount(app: FastAPI) -> None:
    serve(app, *(resource.router for resource in _RESOURCES))
    serve(app, keys.router, time_stamps.router, _description_router(app.routes))


def _description_router(routes: Sequence[BaseRoute]) -> APIRouter:
    """routes: as they are when somebody asks. Not the application: the framework keeps endpoints longer than that."""
    router = api_router("", "server")

    @router.get("/openapi.json", summary="This description", response_class=JSONResponse)
    @public("it describes a product, not this server's content")
    def read_description() -> JSONResponse:
        return JSONResponse(describe(routes))

    return router
