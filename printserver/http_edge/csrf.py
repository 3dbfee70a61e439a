"""Changes by a browser's session come from our own pages: same origin, and the session's token."""

from __future__ import annotations

import hmac
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import FormData
from starlette.requests import Request

from printserver.foundation.errors import Forbidden
from printserver.settings import Settings

FIELD: Final = "csrf_token"
HEADER: Final = "X-CSRF-Token"
SAFE_METHODS: Final = frozenset({"GET", "HEAD"})
_FORMS: Final = ("application/x-www-form-urlencoded", "multipart/form-data")


class CrossSite(Forbidden):
    code = "cross-site"


class CsrfTokenMissing(Forbidden):
    code = "csrf-token"


def refuse_cross_site(request: Request, settings: Settings) -> None:
    """Refuse what a browser says comes from another site.   Raises: CrossSite."""
    if _said_to_be_foreign(request, settings):
        raise CrossSite("this request comes from another site")


async def require_own_page(request: Request, settings: Settings, token: str) -> None:
    """Let a change by a session pass only with proof that one of our pages sent it.

    token: of the session. It is looked for in the header first, then in the form.
    Raises: CrossSite, CsrfTokenMissing.
    """
    refuse_cross_site(request, settings)
    if "origin" not in request.headers and "sec-fetch-site" not in request.headers:
        raise CrossSite("the browser does not say which site sent this request")
    given = request.headers.get(HEADER)
    form = await form_of(request) if given is None else None
    if form is not None:
        field = form.get(FIELD)
        given = field if isinstance(field, str) else None
    if given is None or not hmac.compare_digest(given.encode(), token.encode()):
        raise CsrfTokenMissing("this page is out of date; please load it again")


async def form_of(request: Request) -> FormData | None:
    """The form that was sent, read once; None for another kind of body."""
    sent = request.headers.get("content-type", "").startswith(_FORMS)
    return await request.form() if sent else None


def _said_to_be_foreign(request: Request, settings: Settings) -> bool:
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return True
    origin = request.headers.get("origin")
    if origin is None or origin == settings.public_url:
        return False
    return urlsplit(origin).netloc != request.headers.get("host")
