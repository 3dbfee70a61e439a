"""Authorities that are not ours, on loopback: a CA with an intermediate, OCSP, revocation lists, and a time-stamp one.

Declared for certomancer; the signer's key is the token's. `down` holds the kinds that do not answer at the moment.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

from asn1crypto import ocsp, tsp
from certomancer.registry import ArchLabel, CertLabel, CertomancerConfig, ServiceLabel
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

AT: Final = datetime(2026, 11, 22, 13, 30, tzinfo=UTC)
SIGNERS: Final = ("good", "revoked", "expired", "listed", "listed-revoked")
"""Certificates of the token's PDF key; the two `listed` ones name a revocation list instead of an OCSP responder."""
_ARCH: Final = "outside"
_LONG: Final = {"valid-from": "2020-01-01T00:00:00+0000", "valid-to": "2040-01-01T00:00:00+0000"}
_PAST: Final = {"valid-from": "2020-01-01T00:00:00+0000", "valid-to": "2021-01-01T00:00:00+0000"}


def _key_usage(*uses: str) -> dict[str, Any]:
    return {"id": "key_usage", "critical": True, "smart-value": {"schema": "key-usage", "params": list(uses)}}


def _signer(name: str) -> dict[str, Any]:
    if name.startswith("listed"):
        where: dict[str, Any] = {"id": "crl_distribution_points"}
        where["smart-value"] = {"schema": "crl-dist-url", "params": {"crl-repo-names": ["between"]}}
    else:
        where = {"id": "authority_information_access"}
        where["smart-value"] = {"schema": "aia-urls", "params": {"ocsp-responder-names": ["between"]}}
    made: dict[str, Any] = {
        "subject": "signer",
        "subject-key": "signer",
        "issuer": "between",
        "validity": _PAST if name == "expired" else _LONG,
        "extensions": [_key_usage("digital_signature", "non_repudiation"), where],
    }
    if name.endswith("revoked"):
        made["revocation"] = {"revoked-since": "2026-06-01T00:00:00+0000", "reason": "key_compromise"}
    return made


def _declaration(url: str) -> dict[str, Any]:
    own = {name: {"path": f"{name}.pem"} for name in ("root", "between", "responder", "clock")}
    return {
        "external-url-prefix": url,
        "keysets": {_ARCH: {"keys": {**own, "signer": {"path": "signer.pem", "public-only": True}}}},
        "pki-architectures": {
            _ARCH: {
                "keyset": _ARCH,
                "entity-defaults": {"country-name": "CN", "organization-name": "Outside"},
                "entities": {name: {"common-name": f"Outside {name}"} for name in (*own, "signer")},
                "certs": _certificates(),
                "services": {
                    "ocsp": {
                        "between": {
                            "for-issuer": "between",
                            "issuer-cert": "between",
                            "responder-cert": "responder",
                            "signing-key": "responder",
                        }
                    },
                    "crl-repo": {
                        name: {"for-issuer": name, "signing-key": name, "simulated-update-schedule": "P30D"}
                        for name in ("root", "between")
                    },
                    "time-stamping": {"clock": {"signing-key": "clock", "signing-cert": "clock"}},
                },
            }
        },
    }


def _certificates() -> dict[str, Any]:
    authority = {"id": "simple-ca", "params": {"max-path-len": 0}}
    stamping = {"id": "extended_key_usage", "critical": True, "value": ["time_stamping"]}
    listed: dict[str, Any] = {"id": "crl_distribution_points"}
    listed["smart-value"] = {"schema": "crl-dist-url", "params": {"crl-repo-names": ["root"]}}
    return {
        "root": {
            "subject": "root",
            "issuer": "root",
            "validity": _LONG,
            "profiles": [{"id": "simple-ca", "params": {"max-path-len": 1}}],
        },
        "between": {
            "subject": "between",
            "issuer": "root",
            "validity": _LONG,
            "profiles": [authority],
            "extensions": [listed],
        },
        "responder": {"subject": "responder", "issuer": "between", "validity": _LONG, "profiles": ["ocsp-responder"]},
        "clock": {
            "subject": "clock",
            "issuer": "root",
            "validity": _LONG,
            "extensions": [_key_usage("digital_signature"), stamping, listed],
        },
        **{name: _signer(name) for name in SIGNERS},
    }


@dataclass
class OutsideAuthorities:
    """url: where everything is below.   asked: kinds (`ocsp`, `crls`, `tsa`) in the order of the questions."""

    url: str
    arch: Any = None
    down: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)

    @property
    def stamp_url(self) -> str:
        return f"{self.url}/{_ARCH}/tsa/clock"

    @property
    def root(self) -> x509.Certificate:
        return self.certificate("root")

    def certificate(self, name: str) -> x509.Certificate:
        return x509.load_der_x509_certificate(self.arch.get_cert(CertLabel(name)).dump())

    def chain(self, name: str) -> list[x509.Certificate]:
        """Of one of SIGNERS."""
        return [self.certificate(name), self.certificate("between"), self.root]

    def answer(self, path: str, body: bytes) -> bytes | None:
        """None for an authority that is down."""
        _, _, kind, label = path.split("/")[:4]
        self.asked.append(kind)
        if kind in self.down:
            return None
        services = self.arch.service_registry
        if kind == "ocsp":
            responder = services.summon_responder(ServiceLabel(label), AT)
            return bytes(responder.build_ocsp_response(ocsp.OCSPRequest.load(body)).dump())
        if kind == "tsa":
            stamper = services.summon_timestamper(ServiceLabel(label), AT)
            return bytes(stamper.request_tsa_response(tsp.TimeStampReq.load(body)).dump())
        return bytes(services.get_crl(ServiceLabel(label), at_time=AT).dump())


@contextmanager
def outside_authorities(folder: Path, signer_spki: bytes) -> Iterator[OutsideAuthorities]:
    """folder: gets the authorities' keys.   signer_spki: the token's PDF key, DER."""
    for name in ("root", "between", "responder", "clock"):
        (folder / f"{name}.pem").write_bytes(
            ec.generate_private_key(ec.SECP256R1()).private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
    public = serialization.load_der_public_key(signer_spki)
    (folder / "signer.pem").write_bytes(
        public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    made = OutsideAuthorities(f"http://127.0.0.1:{server.server_address[1]}")
    config = CertomancerConfig(_declaration(made.url), key_search_dir=str(folder))
    made.arch = config.get_pki_arch(ArchLabel(_ARCH))
    _Handler.authorities = made
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    authorities: OutsideAuthorities

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""

    def _answer(self, body: bytes) -> None:
        answer = self.authorities.answer(self.path, body)
        self.send_response(503 if answer is None else 200)
        self.send_header("Content-Length", str(len(answer or b"")))
        self.end_headers()
        self.wfile.write(answer or b"")
