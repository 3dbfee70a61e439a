"""Time-stamps over HTTP: OpenSSL's question through the web process to the signer and back."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization

from printserver.http_edge.limits import PER_MINUTE, TIME_STAMPS
from printserver.signer.daemon import Signer, _Server
from printserver.signing.published_key import KeyUsage
from printserver.signing.time_stamp_authority import LARGEST_REQUEST, TimeStampAuthority
from tests.hsm_token import HsmToken, hsm, hsm_token, raw_sign
from tests.http.api_client import ApiClient
from tests.world import World

__all__ = ["hsm", "hsm_token"]
HEADERS = {"Content-Type": "application/timestamp-query"}


@contextmanager
def signing(world: World, authority: TimeStampAuthority | None) -> Iterator[None]:
    """A signer that stamps time and cannot do anything else."""
    settings = world.adapters.settings
    settings.signer_socket.parent.mkdir(parents=True, exist_ok=True)
    nothing: Any = None
    server = _Server(settings, Signer(nothing, nothing, frozenset(), authority=authority))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def authority(hsm: Any, hsm_token: HsmToken) -> TimeStampAuthority:
    certificates = [hsm_token.certificates[KeyUsage.TIME_STAMP], hsm_token.root.certificate]
    return TimeStampAuthority(certificates, raw_sign(hsm, KeyUsage.TIME_STAMP), lambda: datetime.now(UTC))


def question(folder: Path) -> bytes:
    (folder / "data").write_bytes(b"a document")
    subprocess.run(
        ["openssl", "ts", "-query", "-data", "data", "-sha256", "-cert", "-out", "q"],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip
    return (folder / "q").read_bytes()


def test_a_stranger_has_a_digest_stamped_and_openssl_accepts_it(
    api: ApiClient, world: World, authority: TimeStampAuthority, hsm_token: HsmToken, tmp_path: Path
):
    asked = question(tmp_path)
    with signing(world, authority):
        answer = api.post("/tsa", content=asked, headers=HEADERS)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/timestamp-reply")
    (tmp_path / "r").write_bytes(answer.content)
    (tmp_path / "root").write_bytes(hsm_token.root.certificate.public_bytes(serialization.Encoding.PEM))
    said = subprocess.run(
        ["openssl", "ts", "-verify", "-queryfile", "q", "-in", "r", "-CAfile", "root"],
        cwd=tmp_path, check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert said.returncode == 0, said.stderr


def test_an_installation_without_an_authority_says_so(api: ApiClient, world: World, tmp_path: Path):
    with signing(world, None):
        answer = api.post("/tsa", content=question(tmp_path), headers=HEADERS)
    assert (answer.status_code, answer.json()["code"]) == (503, "time-stamp-unavailable")


def test_the_roots_revocation_list_is_for_everybody(api: ApiClient, world: World):
    path = "/.well-known/print-root.crl"
    assert (api.get(path).status_code, api.get(path).json()["code"]) == (503, "keys-not-published")
    world.adapters.settings.root_revocation_list.write_bytes(b"\x30\x00")
    answer = api.get(path)
    assert (answer.content, answer.headers["content-type"]) == (b"\x30\x00", "application/pkix-crl")


def test_without_a_signer_the_time_is_not_available(api: ApiClient, tmp_path: Path):
    answer = api.post("/tsa", content=question(tmp_path), headers=HEADERS)
    assert (answer.status_code, answer.json()["code"]) == (503, "signer-unavailable")


@pytest.mark.parametrize(("content", "status"), [(b"", 422), (b"x" * (LARGEST_REQUEST + 1), 413)])
def test_too_little_or_too_much_reaches_no_signer(api: ApiClient, content: bytes, status: int):
    assert api.post("/tsa", content=content, headers=HEADERS).status_code == status


def test_a_body_that_never_ends_is_cut(api: ApiClient):
    assert api.post("/tsa", content=b"x" * (2 << 20), headers=HEADERS).status_code == 413


def test_an_address_may_ask_so_often_a_minute(api: ApiClient):
    most = PER_MINUTE[TIME_STAMPS].amount
    statuses = [api.post("/tsa", content=b"", headers=HEADERS).status_code for _ in range(most + 1)]
    assert statuses == [422] * most + [429]


@pytest.mark.parametrize("request_", [{"do": "time-stamp"}, {"do": "time-stamp", "request": "***"}])
def test_the_signer_refuses_what_is_no_request(authority: TimeStampAuthority, request_: dict[str, Any]):
    nothing: Any = None
    answer = Signer(nothing, nothing, frozenset(), authority=authority).answer(request_, 65534)
    assert (answer["ok"], answer["code"]) == (False, "malformed")
