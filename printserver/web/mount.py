"""Put the pages into an application."""

from __future__ import annotations

from typing import Final

from fastapi import FastAPI

from printserver.http_edge.problems import show_problems_as_pages
from printserver.web import assets
from printserver.web.pages import (
    access_resets,
    account,
    approvals,
    archive,
    audit,
    copies,
    home,
    live,
    new_request,
    notifications,
    passkey_decisions,
    passkey_sign_in,
    passkeys,
    print_requests,
    printer_enrolment,
    printers,
    public_verification,
    reconciliation,
    release,
    returns,
    seal_check,
    service_accounts,
    session,
    single_sign_on,
    statements,
    step_up,
    tokens,
    webhooks,
)
from printserver.web.problem_page import problem_page

# `new_request` before `print_requests`: /requests/new is no request's id; so with the enrolment and the printers.
_PAGES: Final = (
    *(public_verification, seal_check, session, live, home, new_request, print_requests, approvals, copies, release),
    *(passkey_decisions, passkey_sign_in, passkeys, single_sign_on),
    *(printer_enrolment, printers, reconciliation, returns, archive, audit, tokens, statements),
    *(notifications, webhooks),
    *(account, step_up, access_resets, service_accounts),
)


def mount(app: FastAPI) -> None:
    app.include_router(assets.router)
    for page in _PAGES:
        app.include_router(page.router)
    show_problems_as_pages(app, problem_page)
