"""A time-stamp authority whose key is behind a port: it says when it saw a digest, and nothing else.

Source: RFC 3161 with ESSCertIDv2 of RFC 5816 (unverified against the texts; shown by `openssl ts -verify`).
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar, Final

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from printserver.foundation.errors import Unavailable
from printserver.signing.as_written import WrittenSignerInfo
from printserver.signing.ports import RawSign

POLICY: Final = "2.25.163041987152340994370573223983672268791"
"""Ours, of an identifier that nobody else can have: the time of this server, accurate to a second."""
LARGEST_REQUEST: Final = 4_096
LONGEST_NONCE: Final = 32
_DIGEST_BYTES: Final = {"sha256": 32, "sha384": 48, "sha512": 64}
_BROKEN: Final = (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError)
"""What asn1crypto raises over bytes that are no request."""


class _Rejected(Exception):
    """`failure`: a bit of PKIFailureInfo."""

    def __init__(self, failure: str) -> None:
        self.failure = failure
        super().__init__(failure)


class Rejection(core.Sequence):
    """A TimeStampResp without a token, which asn1crypto's own class cannot write or read."""

    _fields: ClassVar[list[tuple[str, type]]] = [("status", tsp.PKIStatusInfo)]


@dataclass(frozen=True)
class _Question:
    imprint: tsp.MessageImprint
    nonce: int | None
    wants_certificates: bool


@dataclass(frozen=True)
class TimeStampAuthority:
    """certificates: the authority's own (P-256) first, then its chain.   sign: r‖s over a SHA-256 digest, 64 bytes.

    now: the guarded clock, aware; what it raises as `Unavailable` is answered as "time not available".
    """

    certificates: Sequence[x509.Certificate]
    sign: RawSign
    now: Callable[[], datetime]

    def answer(self, request: bytes) -> bytes:
        """A TimeStampResp as DER for a TimeStampReq as DER, granted or rejected.

        Raises: what `sign` raises (HsmUnavailable …).
        """
        try:
            question = _read(request)
            at = self._time()
        except _Rejected as rejection:
            return _rejection(rejection.failure)
        response = tsp.TimeStampResp({"status": {"status": "granted"}, "time_stamp_token": self._token(question, at)})
        answer: bytes = response.dump()
        return answer

    def _time(self) -> datetime:
        try:
            return self.now().astimezone(UTC).replace(microsecond=0)
        except Unavailable as problem:
            raise _Rejected("time_not_available") from problem

    def _token(self, question: _Question, at: datetime) -> cms.ContentInfo:
        chain = [_asn1(certificate) for certificate in self.certificates]
        info = {
            "version": "v1",
            "policy": POLICY,
            "message_imprint": question.imprint,
            # 127 random bits: unique without a counter that a restored backup could set back.
            "serial_number": secrets.randbits(127) | 1 << 126,
            "gen_time": at,
            "accuracy": {"seconds": 1},
        }
        if question.nonce is not None:
            info["nonce"] = question.nonce
        content: bytes = tsp.TSTInfo(info).dump()
        signed = {
            "version": "v3",
            "digest_algorithms": [{"algorithm": "sha256"}],
            "encap_content_info": {"content_type": "tst_info", "content": core.ParsableOctetString(content)},
            "signer_infos": [self._signer_info(chain[0], content, at)],
        }
        if question.wants_certificates:
            signed["certificates"] = chain
        return cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(signed)})

    def _signer_info(self, certificate: asn1_x509.Certificate, content: bytes, at: datetime) -> cms.SignerInfo:
        identified = tsp.ESSCertIDv2({"hash_algorithm": {"algorithm": "sha256"}, "cert_hash": certificate.sha256})
        attributes = cms.CMSAttributes(
            [
                _attribute("content_type", "tst_info"),
                _attribute("signing_time", cms.Time({"utc_time": at})),
                _attribute("message_digest", hashlib.sha256(content).digest()),
                _attribute("signing_certificate_v2", tsp.SigningCertificateV2({"certs": [identified]})),
            ]
        )
        raw = self.sign(hashlib.sha256(attributes.dump()).digest())
        named = {"issuer": certificate.issuer, "serial_number": certificate.serial_number}
        made = cms.SignerInfo(
            {
                "version": "v1",
                "sid": {"issuer_and_serial_number": named},
                "digest_algorithm": {"algorithm": "sha256"},
                "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"}),
                "signature": encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")),
                "signed_attrs": attributes,
            }
        )
        return WrittenSignerInfo.load(made.dump())


def _read(request: bytes) -> _Question:
    if len(request) > LARGEST_REQUEST:
        raise _Rejected("bad_request")
    try:
        asked = tsp.TimeStampReq.load(request, strict=True)
        version, extensions, policy = asked["version"].native, asked["extensions"].native, asked["req_policy"].native
        imprint, nonce = asked["message_imprint"], asked["nonce"].native
        algorithm, digest = imprint["hash_algorithm"]["algorithm"].native, imprint["hashed_message"].native
        wants_certificates = bool(asked["cert_req"].native)
    except _BROKEN as problem:
        raise _Rejected("bad_data_format") from problem
    if version != "v1" or (nonce is not None and abs(nonce).bit_length() > 8 * LONGEST_NONCE):
        raise _Rejected("bad_request")
    if algorithm not in _DIGEST_BYTES:
        raise _Rejected("bad_alg")
    if len(digest) != _DIGEST_BYTES[algorithm]:
        raise _Rejected("bad_data_format")
    if extensions:
        raise _Rejected("unaccepted_extensions")
    if policy not in {None, POLICY}:
        raise _Rejected("unaccepted_policy")
    return _Question(imprint, nonce, wants_certificates)


def _rejection(failure: str) -> bytes:
    answer: bytes = Rejection({"status": {"status": "rejection", "fail_info": {failure}}}).dump()
    return answer


def _attribute(kind: str, value: object) -> cms.CMSAttribute:
    return cms.CMSAttribute({"type": kind, "values": [value]})


def _asn1(certificate: x509.Certificate) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))
