"""The time-stamp authority on a token's key, judged by OpenSSL."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from asn1crypto import algos, tsp

from printserver.audit.sequencer import ClockSetBack
from printserver.signing.errors import HsmUnavailable
from printserver.signing.hsm import Hsm
from printserver.signing.published_key import KeyUsage
from printserver.signing.time_stamp_authority import LARGEST_REQUEST, POLICY, Rejection, TimeStampAuthority
from tests.hsm_token import HsmToken, raw_sign

AT = datetime(2026, 11, 22, 13, 30, 7, 900_000, tzinfo=UTC)


@pytest.fixture(scope="module")
def authority(hsm: Hsm, hsm_token: HsmToken) -> TimeStampAuthority:
    certificates = [hsm_token.certificates[KeyUsage.TIME_STAMP], hsm_token.root.certificate]
    return TimeStampAuthority(certificates, raw_sign(hsm, KeyUsage.TIME_STAMP), lambda: AT)


def asked(**changes: object) -> bytes:
    sha256 = {"hash_algorithm": algos.DigestAlgorithm({"algorithm": "sha256"}), "hashed_message": b"\x07" * 32}
    return tsp.TimeStampReq({"version": 1, "message_imprint": sha256, "cert_req": True, **changes}).dump()


def imprint(algorithm: str) -> dict[str, object]:
    """With as many bytes as SHA-1 has."""
    return {"hash_algorithm": {"algorithm": algorithm}, "hashed_message": b"1" * 20}


def info_of(answer: bytes) -> tsp.TSTInfo:
    response = tsp.TimeStampResp.load(answer)
    assert response["status"]["status"].native == "granted"
    return response["time_stamp_token"]["content"]["encap_content_info"]["content"].parsed


def openssl(*command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["openssl", "ts", *command], cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("digest", ["-sha256", "-sha384", "-sha512"])
@pytest.mark.parametrize("nonce", [[], ["-no_nonce"]], ids=["nonce", "none"])
def test_openssl_accepts_the_stamp_over_its_own_question(
    authority: TimeStampAuthority, hsm_token: HsmToken, tmp_path: Path, digest: str, nonce: list[str]
):
    (tmp_path / "data").write_bytes(b"a tree head")
    openssl("-query", "-data", "data", digest, "-cert", *nonce, "-out", "q", folder=tmp_path)
    (tmp_path / "r").write_bytes(authority.answer((tmp_path / "q").read_bytes()))
    root = str(hsm_token.root_certificate_file)
    for against in (("-queryfile", "q"), ("-data", "data")):
        said = openssl("-verify", *against, "-in", "r", "-CAfile", root, folder=tmp_path)
        assert said.returncode == 0, said.stderr
    shown = openssl("-reply", "-in", "r", "-text", folder=tmp_path).stdout
    assert "Status: Granted" in shown
    assert "Nov 22 13:30:07 2026 GMT" in shown


def test_openssl_refuses_the_stamp_over_other_data(authority: TimeStampAuthority, hsm_token: HsmToken, tmp_path: Path):
    (tmp_path / "data").write_bytes(b"a tree head")
    openssl("-query", "-data", "data", "-sha256", "-cert", "-out", "q", folder=tmp_path)
    (tmp_path / "r").write_bytes(authority.answer((tmp_path / "q").read_bytes()))
    (tmp_path / "data").write_bytes(b"another one")
    root = str(hsm_token.root_certificate_file)
    assert openssl("-verify", "-data", "data", "-in", "r", "-CAfile", root, folder=tmp_path).returncode != 0


def test_a_stamp_names_policy_accuracy_nonce_and_a_serial_of_its_own(authority: TimeStampAuthority):
    infos = [info_of(authority.answer(asked(nonce=77))) for _ in range(50)]
    assert {info["policy"].native for info in infos} == {POLICY}
    assert {info["nonce"].native for info in infos} == {77}
    assert {info["accuracy"]["seconds"].native for info in infos} == {1}
    serials = {info["serial_number"].native for info in infos}
    assert len(serials) == 50
    assert all(0 < serial < 1 << 159 for serial in serials)


def test_certificates_come_only_when_they_are_asked_for(authority: TimeStampAuthority):
    token = tsp.TimeStampResp.load(authority.answer(asked(cert_req=False)))["time_stamp_token"]
    assert not token["content"]["certificates"]


@pytest.mark.parametrize(
    ("request_bytes", "failure"),
    [
        (lambda: b"", "bad_data_format"),
        (lambda: b"\x30\x03\x02\x01\x01", "bad_data_format"),
        (lambda: asked() + b"tail", "bad_data_format"),
        (lambda: b"\x30" * LARGEST_REQUEST + b"\x30", "bad_request"),
        (lambda: asked(version=2), "bad_request"),
        (lambda: asked(nonce=1 << 2_000), "bad_request"),
        (lambda: asked(req_policy="1.2.3.4"), "unaccepted_policy"),
        (lambda: asked(message_imprint=imprint("sha1")), "bad_alg"),
        (lambda: asked(message_imprint=imprint("sha256")), "bad_data_format"),
    ],
    ids=["empty", "stub", "tail", "large", "version", "nonce", "policy", "sha1", "length"],
)  # fmt: skip
def test_a_bad_question_is_rejected_and_signs_nothing(
    hsm_token: HsmToken, request_bytes: Callable[[], bytes], failure: str
):
    def never(digest: bytes, /) -> bytes:
        raise AssertionError("nothing may be signed")

    authority = TimeStampAuthority([hsm_token.certificates[KeyUsage.TIME_STAMP]], never, lambda: AT)
    status = Rejection.load(authority.answer(request_bytes()))["status"]
    assert status["status"].native == "rejection"
    assert status["fail_info"].native == {failure}


def test_without_a_believable_clock_no_time_is_given(hsm_token: HsmToken):
    def never(digest: bytes, /) -> bytes:
        raise AssertionError("nothing may be signed")

    def set_back() -> datetime:
        raise ClockSetBack("the clock is earlier than the newest tree head")

    authority = TimeStampAuthority([hsm_token.certificates[KeyUsage.TIME_STAMP]], never, set_back)
    status = Rejection.load(authority.answer(asked()))["status"]
    assert status["fail_info"].native == {"time_not_available"}


def test_an_outage_of_the_hsm_is_no_rejection(hsm_token: HsmToken):
    def gone(digest: bytes, /) -> bytes:
        raise HsmUnavailable("gone")

    authority = TimeStampAuthority([hsm_token.certificates[KeyUsage.TIME_STAMP]], gone, lambda: AT)
    with pytest.raises(HsmUnavailable):
        authority.answer(asked())
