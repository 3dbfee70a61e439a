"""Time-stamps for PDF signatures: from an authority on the network, or from this installation's own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

import httpx
from asn1crypto import cms
from asn1crypto import x509 as asn1_x509
from pyhanko.sign.timestamps import TimeStamper

from printserver.signing.as_written import WrittenContentInfo, second_member
from printserver.signing.errors import TimeStampUnavailable
from printserver.signing.revocation import answer_of
from printserver.signing.time_stamp_authority import Rejection

SECONDS: Final = 10.0
"""For one answer of one authority."""
LARGEST_ANSWER: Final = 64 * 1024
_BROKEN: Final = (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError)
"""What asn1crypto raises over bytes that are no answer."""

TimeStampAsk = Callable[[bytes], bytes]
"""A TimeStampReq as DER gives a TimeStampResp as DER.   Raises: Unavailable."""


def time_stamps_from(urls: Sequence[str]) -> TimeStampAsk:
    """Ask the authorities at `urls` in their order, each once; the next one when one does not answer."""

    def ask(request: bytes) -> bytes:
        refusals = []
        for url in urls:
            try:
                return answer_of(url, request, "application/timestamp-query", seconds=SECONDS, largest=LARGEST_ANSWER)
            except (httpx.HTTPError, ValueError) as problem:
                refusals.append(f"{url} ({type(problem).__name__})")
        raise TimeStampUnavailable("no time-stamp authority answers: " + "; ".join(refusals))

    return ask


class PortTimeStamper(TimeStamper):
    """pyHanko's view of `ask`; holds the authority's certificates after the first stamp."""

    def __init__(self, ask: TimeStampAsk) -> None:
        super().__init__()
        self._ask = ask

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> cms.ContentInfo:
        """Blocks while the authority is asked; pyHanko runs it in an event loop of the calling thread's own.

        Raises: TimeStampUnavailable, also for a refusal and for a stamp on something else.
        """
        nonce, request = self.request_cms(message_digest, md_algorithm)
        answer = self._ask(request.dump())
        try:
            status = Rejection.load(answer)["status"]["status"].native
            if status != "granted":
                raise TimeStampUnavailable(f"the time-stamp authority answers: {status}")
            token = second_member(answer)
            info = cms.ContentInfo.load(token, strict=True)["content"]["encap_content_info"]["content"].parsed
            meant = (
                info["nonce"].native == nonce and info["message_imprint"].dump() == request["message_imprint"].dump()
            )
        except _BROKEN as problem:
            raise TimeStampUnavailable("what the time-stamp authority answers is no time-stamp") from problem
        if not meant:
            raise TimeStampUnavailable("the time-stamp authority answers another question")
        return WrittenContentInfo.load(token)

    def ask_once(self) -> None:
        """Get a stamp on nothing: it shows that the authority answers, and with which certificates.

        Raises: TimeStampUnavailable and other Unavailable.
        """
        asyncio.run(self.async_dummy_response("sha256"))

    def certificates(self) -> list[asn1_x509.Certificate]:
        """The authority's own first, then what it sent besides; after the first stamp."""
        own = list(self._certs.values())
        return own + [each for each in self.cert_registry if each not in own]
