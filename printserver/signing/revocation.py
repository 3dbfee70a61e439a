"""Whether certificates are revoked: asked before anything is signed, from addresses that the settings allow.

An authority's certificate names its own OCSP responder and revocation list; what it names is asked only when the
operator has listed the address, so that no certificate can send this process anywhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, TypeVar

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID

from printserver.signing.errors import RevocationUnknown

SECONDS: Final = 5.0
"""For one answer, from connecting to its last byte."""
LARGEST_ANSWER: Final = 4 * 2**20
_Extension = TypeVar("_Extension", bound=x509.ExtensionType)


@dataclass(frozen=True)
class RevocationProofs:
    """What authorities said about certificates, as DER; not judged yet.

    complete: whether there is something about each of them.
    """

    crls: tuple[bytes, ...] = ()
    ocsps: tuple[bytes, ...] = ()
    complete: bool = True

    def with_those_of(self, other: RevocationProofs) -> RevocationProofs:
        return RevocationProofs(
            tuple(dict.fromkeys(self.crls + other.crls)),
            tuple(dict.fromkeys(self.ocsps + other.ocsps)),
            self.complete and other.complete,
        )


@dataclass(frozen=True)
class RevocationSource:
    """addresses: beginnings of the URLs that may be asked.   own_lists: the offline root's revocation lists, DER."""

    addresses: tuple[str, ...] = ()
    own_lists: Callable[[], Sequence[bytes]] = tuple

    def proofs(self, chain: Sequence[x509.Certificate]) -> RevocationProofs:
        """What there is about each certificate of `chain` but its last, which is the root.

        chain: each certificate's issuer stands behind it.
        Raises: RevocationUnknown when a certificate says where to ask, but nobody answers there.
        """
        found = RevocationProofs()
        for certificate, issuer in pairwise(chain):
            found = found.with_those_of(self._about(certificate, issuer))
        return found

    def _about(self, certificate: x509.Certificate, issuer: x509.Certificate) -> RevocationProofs:
        responders, lists = _responders(certificate), _list_addresses(certificate)
        refusals: list[str] = []
        for url in responders:
            answer = self._asked(url, refusals, _question(certificate, issuer), "application/ocsp-request")
            if answer is not None and _is_successful(answer):
                return RevocationProofs(ocsps=(answer,))
        for url in lists:
            answer = self._asked(url, refusals)
            if answer is not None:
                return RevocationProofs(crls=(answer,))
        if responders or lists:
            raise RevocationUnknown("whether a certificate is revoked is not known: " + "; ".join(refusals))
        own = [each for each in self.own_lists() if x509.load_der_x509_crl(each).issuer == certificate.issuer]
        return RevocationProofs(crls=tuple(own), complete=bool(own))

    def _asked(
        self, url: str, refusals: list[str], question: bytes | None = None, content_type: str = ""
    ) -> bytes | None:
        """None, and one more line of `refusals`, when nothing usable came."""
        if not any(url.startswith(address) for address in self.addresses):
            refusals.append(f"{url} is not among the revocation_urls of the settings")
            return None
        try:
            return answer_of(url, question, content_type, seconds=SECONDS, largest=LARGEST_ANSWER)
        except (httpx.HTTPError, ValueError) as problem:
            refusals.append(f"{url} does not answer ({type(problem).__name__})")
            return None


def answer_of(url: str, question: bytes | None, content_type: str, *, seconds: float, largest: int) -> bytes:
    """POST `question`, or GET; no redirect is followed, no proxy of the environment used.

    Raises: httpx.HTTPError; ValueError when the answer is larger than `largest` bytes.
    """
    content = bytearray()
    headers = {"Content-Type": content_type} if question is not None else {}
    method = "GET" if question is None else "POST"
    with (
        httpx.Client(timeout=seconds, trust_env=False, follow_redirects=False) as client,
        client.stream(method, url, content=question, headers=headers) as response,
    ):
        if response.status_code != httpx.codes.OK:
            raise ValueError(f"status {response.status_code}")
        for part in response.iter_bytes():
            content += part
            if len(content) > largest:
                raise ValueError("the answer is too large")
    return bytes(content)


def _responders(certificate: x509.Certificate) -> list[str]:
    access = _extension(certificate, x509.AuthorityInformationAccess)
    return [
        each.access_location.value
        for each in access or ()
        if each.access_method == AuthorityInformationAccessOID.OCSP
        and isinstance(each.access_location, x509.UniformResourceIdentifier)
    ]


def _list_addresses(certificate: x509.Certificate) -> list[str]:
    points = _extension(certificate, x509.CRLDistributionPoints)
    return [
        name.value
        for point in points or ()
        for name in point.full_name or ()
        if isinstance(name, x509.UniformResourceIdentifier)
    ]


def _extension(certificate: x509.Certificate, kind: type[_Extension]) -> _Extension | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _question(certificate: x509.Certificate, issuer: x509.Certificate) -> bytes:
    # SHA-1 only names the issuer here; responders of RFC 5019 know no other name.
    builder = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA1())  # noqa: S303
    return builder.build().public_bytes(serialization.Encoding.DER)


def _is_successful(answer: bytes) -> bool:
    return ocsp.load_der_ocsp_response(answer).response_status is ocsp.OCSPResponseStatus.SUCCESSFUL
