"""What anybody may ask: is this code, or this serial, genuine? No account, no cookie, no script."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Form
from fastapi.responses import HTMLResponse, Response

from printserver.foundation.errors import NotFound
from printserver.foundation.serials import SerialMalformed
from printserver.http_edge.declarations import Lane, public
from printserver.http_edge.limits import VERIFICATION
from printserver.http_edge.problems import status_of
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import Call, CurrentCall
from printserver.organisations.secrets import Purpose
from printserver.signing.codes import DIGITS, encode_text, parse_text
from printserver.verification.bundle import bundle_name, make_bundle
from printserver.verification.page_view import shown_page
from printserver.verification.public_view import Verdict
from printserver.verification.service import check_code, check_serial, with_sightings
from printserver.verification.sightings import record_sighting, visitor_digest
from printserver.web.view import CurrentView, View

LONGEST_TYPED: Final = 600

router = edge_router("", "verification")


class BundleNotFound(NotFound):
    code = "bundle-not-found"


@router.get("/q/{digits:path}", response_class=HTMLResponse)
@public("whoever holds a paper may check it; attempts are limited by address")
def show_code(digits: str, view: CurrentView, call: CurrentCall) -> HTMLResponse:
    """The page behind a QR code. Whatever is in the address, the answer is a verdict."""
    call.edge.limits.count(VERIFICATION, call.visitor.address)
    return _verdict_page(view, _seen(call, _code(call, digits)), digits)


@router.get("/verify/pages/{digits}", response_class=Response)
@public("what the class of the document lets strangers see; attempts are limited by address", lane=Lane.STRANGERS)
def show_page(digits: str, call: CurrentCall) -> Response:
    """The picture beside the verdict."""
    call.edge.limits.count(VERIFICATION, call.visitor.address)
    picture = shown_page(call.adapters.objects, _code(call, digits).policy)
    return Response(picture, media_type="image/webp", headers={"Cache-Control": "private, max-age=600"})


@router.get("/verify/bundles/{digits}", response_class=Response)
@public("whoever holds a paper may keep the proof that it was issued; attempts are limited by address")
def download_bundle(digits: str, call: CurrentCall) -> Response:
    """Code, key list and log proof in one file, which is checked without this server."""
    call.edge.limits.count(VERIFICATION, call.visitor.address)
    copy_id = _code(call, digits).copy_id
    if copy_id is None:
        raise BundleNotFound("there is no proof of such a code")
    settings = call.adapters.settings
    code = parse_text(digits)
    text = encode_text(settings.public_url, code.blob)
    with call.adapters.database.reading() as work:
        bundle = make_bundle(work, call.edge.prover, copy_id, text, settings.key_list.read_bytes())
    named = {"Content-Disposition": f'attachment; filename="{bundle_name(code.body)}"', "Cache-Control": "no-store"}
    return Response(bundle, media_type="application/json", headers=named)


@router.get("/verify", response_class=HTMLResponse)
@public("whoever holds a paper may check it")
def show_form(view: CurrentView) -> HTMLResponse:
    return view.page("verify.html", typed="", problem="")


@router.post("/verify", response_class=HTMLResponse)
@public("whoever holds a paper may check it; attempts are limited by address")
def check_typed(view: CurrentView, call: CurrentCall, typed: Annotated[str, Form()] = "") -> HTMLResponse:
    """A serial gets the verdict alone; the whole content of a code gets what its page shows."""
    call.edge.limits.count(VERIFICATION, call.visitor.address)
    text = typed.strip()[:LONGEST_TYPED]
    if "/q/" in text or sum(character.isdigit() for character in text) > DIGITS // 2:
        return _verdict_page(view, _seen(call, _code(call, text)), text.rpartition("/")[2])
    try:
        with call.adapters.database.reading() as work:
            verdict = check_serial(work, text, test=call.adapters.is_test)
    except SerialMalformed as problem:
        return view.page("verify.html", status=status_of(problem), typed=text, problem=problem.code)
    return _verdict_page(view, verdict)


def _code(call: Call, text: str) -> Verdict:
    key_list = call.adapters.load_key_list()
    with call.adapters.database.reading() as work:
        return check_code(work, text, key_list, call.adapters.objects)


def _seen(call: Call, verdict: Verdict) -> Verdict:
    """Counts this visitor in; for signed codes of copies that left the server alone, so nobody can fill the table."""
    if verdict.copy_id is None:
        return verdict
    database = call.adapters.database
    secrets = call.adapters.secrets
    visitor = visitor_digest(
        lambda *parts: secrets.mac(Purpose.SIGHTING, *parts),
        verdict.copy_id,
        call.visitor.address,
        f"{database.clock.now():%Y-%m-%d}",
    )
    return with_sightings(verdict, record_sighting(database, verdict.copy_id, visitor))


def _verdict_page(view: View, verdict: Verdict, digits: str = "") -> HTMLResponse:
    """digits: of the code; empty for a serial, which shows nothing besides."""
    host = view.settings.public_url.partition("://")[2]
    policy = verdict.policy
    return view.page(
        "verdict.html",
        kind=verdict.kind,
        facts=verdict.facts,
        unlikely=verdict.unlikely,
        pictured="none" if policy is None else str(policy.view),
        hidden=policy is not None and policy.view.hides_lines,
        digits=digits,
        host=host,
    )
