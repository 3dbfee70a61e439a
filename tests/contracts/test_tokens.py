"""One suite for every kind of PKCS#11 token that this machine can run: SoftHSM, NSS softokn, a TPM 2.0 emulator.

SoftHSM is always there. The others take part when their library and the program that makes a token are installed; the
first test names those that do.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from reportlab.pdfgen.canvas import Canvas

from printserver.signing.cryptoki import Cryptoki, CryptokiFailed
from printserver.signing.errors import HsmKeyExists, HsmKeyMissing, HsmPinRefused, WrappedKeyRefused
from printserver.signing.hsm import Hsm, KeyKind
from printserver.signing.p256 import load_public_key, verify_raw
from printserver.signing.pades import sign_pdf, verify_pdf
from printserver.signing.published_key import KeyUsage
from printserver.signing.token_providers import TokenProvider, token_provider, token_providers
from printserver.signing.token_settings import TokenSettings, refused_mark, settings_of_token
from printserver.signing.token_setup import make_softhsm_token, read_pin
from printserver.signing.trust import issue_certificate, make_root

PIN = "contract-4711"
NEEDED = {"softhsm": "softhsm2-util", "nss": "certutil", "tpm2": "swtpm"}
TAKING_PART = [name for name, program in NEEDED.items() if shutil.which(program) and token_provider(name).module()]
DIGEST = hashlib.sha256(b"message").digest()
AT = datetime(2026, 11, 22, 13, 30, tzinfo=UTC)


@dataclass
class Contract:
    provider: TokenProvider
    settings: TokenSettings
    pin: str
    hsm: Hsm

    @property
    def makes_rsa(self) -> bool:
        return KeyKind.RSA_3072 in self.provider.kinds


def softhsm(folder: Path) -> Iterator[tuple[TokenSettings, str]]:
    module = folder / "libsofthsm2.so"
    shutil.copy(module_of("softhsm"), module)
    settings = make_softhsm_token(
        folder / "token", label="contract", pin_file=folder / "pin", so_pin_file=folder / "so-pin", module=module
    )
    yield settings, read_pin(folder / "pin")


def nss(folder: Path) -> Iterator[tuple[TokenSettings, str]]:
    (folder / "pin").write_text(f"{PIN}\n")
    subprocess.run(["certutil", "-N", "-d", f"sql:{folder}", "-f", str(folder / "pin")], check=True)
    provider = token_provider("nss")
    yield settings_of_token(provider, folder, label="NSS Certificate DB", module=module_of("nss")), PIN


def tpm2(folder: Path) -> Iterator[tuple[TokenSettings, str]]:
    (folder / "state").mkdir()
    port, control = free_ports()
    server = subprocess.Popen(
        ["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={folder / 'state'}",
         "--server", f"type=tcp,port={port},bindaddr=127.0.0.1",
         "--ctrl", f"type=tcp,port={control},bindaddr=127.0.0.1", "--flags", "not-need-init,startup-clear"],
    )  # fmt: skip
    wanted = {"TPM2_PKCS11_TCTI": f"swtpm:host=127.0.0.1,port={port}", "TPM2_PKCS11_STORE": str(folder)}
    try:
        with environment(wanted):
            settings = settings_of_token(token_provider("tpm2"), folder, label="contract", module=module_of("tpm2"))
            module = Cryptoki(settings.module)
            initialise_soon(module)
            module.make_token("contract", so_pin="so-4711", user_pin=PIN)
            module.finalise()
            yield settings, PIN
    finally:
        server.terminate()
        server.wait(10)


def initialise_soon(module: Cryptoki) -> None:
    """The emulator takes a moment until it answers."""
    deadline = time.monotonic() + 20
    while True:
        try:
            module.initialise()
        except CryptokiFailed:
            assert time.monotonic() < deadline
            time.sleep(0.2)
        else:
            return


MAKERS: dict[str, Callable[[Path], Iterator[tuple[TokenSettings, str]]]] = {
    "softhsm": softhsm,
    "nss": nss,
    "tpm2": tpm2,
}


def module_of(name: str) -> Path:
    module = token_provider(name).module()
    assert module is not None
    return module


def free_ports() -> tuple[int, int]:
    """Two in a row: the module looks for the emulator's control port behind its own."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = first.getsockname()[1]
            with contextlib.suppress(OSError):
                second.bind(("127.0.0.1", port + 1))
                return port, port + 1


@contextlib.contextmanager
def environment(wanted: dict[str, str]) -> Iterator[None]:
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name in wanted:
            os.environ.pop(name, None)


@pytest.fixture(scope="module", params=TAKING_PART)
def token(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Contract]:
    folder = tmp_path_factory.mktemp(request.param)
    with contextlib.contextmanager(MAKERS[request.param])(folder) as (settings, pin):
        hsm = Hsm(settings, pin=pin)
        hsm.generate_key("code", KeyKind.P_256, b"code")
        provider = token_provider(request.param)
        if KeyKind.RSA_3072 in provider.kinds:
            hsm.generate_key("pdf", KeyKind.RSA_3072, b"pdf")
        if KeyKind.AES_256 in provider.kinds:
            hsm.generate_key("wrap", KeyKind.AES_256, b"wrap")
        made = Contract(provider, settings, pin, hsm)
        yield made
        made.hsm.close()


def test_softhsm_takes_part_always_and_the_others_are_named(record_property: Callable[[str, object], None]):
    record_property("tokens", ", ".join(TAKING_PART))
    assert "softhsm" in TAKING_PART
    assert set(NEEDED) < set(token_providers())


def test_p256_signatures_verify_with_the_public_half(token: Contract):
    key = load_public_key(token.hsm.public_spki("code"))
    verify_raw(key, token.hsm.sign_p256("code", DIGEST), b"message")


def test_rsa_signatures_verify_wherever_the_token_makes_such_keys(token: Contract):
    if not token.makes_rsa:
        assert "pdf" not in token.hsm.labels()
        return
    key = serialization.load_der_public_key(token.hsm.public_spki("pdf"))
    assert isinstance(key, rsa.RSAPublicKey)
    assert key.key_size == 3072
    key.verify(token.hsm.sign_rsa_pkcs1v15_sha256("pdf", b"message"), b"message", padding.PKCS1v15(), hashes.SHA256())


def test_a_pdf_is_signed_by_whatever_token_holds_its_key(token: Contract, tmp_path: Path):
    if not token.makes_rsa:
        assert "pdf" not in token.hsm.labels()
        return
    years = datetime(2026, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)
    root = make_root(
        tmp_path / "root", common_name="Root", organisation_name="O", not_before=years[0], not_after=years[1]
    )
    own = issue_certificate(
        root,
        KeyUsage.PDF,
        spki=token.hsm.public_spki("pdf"),
        common_name="PDF",
        organisation_name="O",
        not_before=years[0],
        not_after=years[1],
    )
    output = io.BytesIO()
    canvas = Canvas(output)
    canvas.drawString(100, 700, "a contract")
    canvas.save()
    pdf = sign_pdf(
        output.getvalue(),
        sign=lambda message: token.hsm.sign_rsa_pkcs1v15_sha256("pdf", message),
        certificates=[own, root.certificate],
        field_name="Seal",
        reason="",
        location="",
        time=AT,
    )
    assert verify_pdf(pdf, [root.certificate], at=AT).signed_at == AT


def test_a_secret_is_wrapped_wherever_the_token_wraps_and_rubbish_does_not_stop_it(token: Contract):
    secret = bytes(range(64))
    if not token.hsm.can_wrap:
        with pytest.raises(HsmKeyMissing):
            token.hsm.wrap("wrap", secret)
        return
    wrapped = token.hsm.wrap("wrap", secret)
    assert token.hsm.unwrap("wrap", wrapped) == secret
    for rubbish in (wrapped[:-8], bytes([wrapped[0] ^ 1]) + wrapped[1:], wrapped[:-1] + bytes([wrapped[-1] ^ 1]), b"x"):
        with pytest.raises(WrappedKeyRefused):
            token.hsm.unwrap("wrap", rubbish)
    assert token.hsm.unwrap("wrap", wrapped) == secret


def test_threads_sign_at_once(token: Contract):
    key = load_public_key(token.hsm.public_spki("code"))
    with ThreadPoolExecutor(4) as pool:
        for signature in pool.map(lambda _: token.hsm.sign_p256("code", DIGEST), range(16)):
            verify_raw(key, signature, b"message")


def test_a_taken_label_is_never_overwritten(token: Contract):
    before = token.hsm.public_spki("code")
    with pytest.raises(HsmKeyExists):
        token.hsm.generate_key("code", KeyKind.P_256, b"other")
    assert token.hsm.public_spki("code") == before


def test_a_key_that_is_not_there_is_missed(token: Contract):
    with pytest.raises(HsmKeyMissing):
        token.hsm.sign_p256("nobody", DIGEST)


def test_the_same_keys_are_there_after_a_new_login(token: Contract):
    labels, spki = token.hsm.labels(), token.hsm.public_spki("code")
    token.hsm.close()
    token.hsm = Hsm(token.settings, pin=token.pin)
    assert (token.hsm.labels(), token.hsm.public_spki("code")) == (labels, spki)
    verify_raw(load_public_key(spki), token.hsm.sign_p256("code", DIGEST), b"message")


def test_a_wrong_pin_is_tried_once_and_then_nobody_tries_any(token: Contract):
    token.hsm.close()
    mark = refused_mark(token.settings)
    with pytest.raises(HsmPinRefused):
        Hsm(token.settings, pin="wrong-4711")
    assert mark.exists()
    with pytest.raises(HsmPinRefused):
        Hsm(token.settings, pin=token.pin)
    mark.unlink()
    token.hsm = Hsm(token.settings, pin=token.pin)
    token.hsm.sign_p256("code", DIGEST)
