"""What a passkey shall sign, on its way out as JSON: `claims` and `public_key`, whichever endpoint it comes from."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from printserver.approvals.passkeys import ClaimsToSign


def answer_questions(app: FastAPI) -> None:
    """From now on `ClaimsToSign` is an answer like any other; its transaction is thrown away."""
    app.add_exception_handler(ClaimsToSign, _answer)


async def _answer(_request: Request, error: Exception) -> Response:
    return JSONResponse(getattr(error, "question", None))
