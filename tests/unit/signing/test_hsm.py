"""The HSM on real SoftHSM tokens: threads, outages, and a PIN that is tried once."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from pkcs11 import Attribute, ObjectClass
from pkcs11.exceptions import PKCS11Error

from printserver.signing.cryptoki import Cryptoki
from printserver.signing.errors import HsmKeyExists, HsmKeyMissing, HsmPinRefused, HsmUnavailable
from printserver.signing.hsm import FIRST_PAUSE, LONGEST_PAUSE, Hsm, KeyKind
from printserver.signing.p256 import load_public_key, verify_raw
from printserver.signing.published_key import KeyUsage
from printserver.signing.token_settings import TokenSettings
from printserver.signing.token_setup import read_pin
from tests.hsm_token import KEYS, HsmToken, make_empty_token

REPOSITORY = Path(__file__).parents[3]
DIGEST = hashlib.sha256(b"message").digest()


class Seconds:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class OwnToken:
    """A token of one test, with one code key, that the test may break."""

    def __init__(self, folder: Path) -> None:
        self.settings, self.pin_file = make_empty_token(folder)
        self.tokens = folder / "token" / "tokens"
        self.mark = self.settings.lock_file.with_suffix(".pin-refused")
        self.clock = Seconds()
        self.hsm = Hsm(self.settings, pin=read_pin(self.pin_file), monotonic=self.clock)
        self.hsm.generate_key("code", KeyKind.P_256, b"\x01")

    def take_away(self) -> None:
        self.tokens.rename(self.tokens.with_name("away"))

    def bring_back(self) -> None:
        self.tokens.with_name("away").rename(self.tokens)


@pytest.fixture
def own(tmp_path: Path) -> Iterator[OwnToken]:
    token = OwnToken(tmp_path)
    yield token
    token.hsm.close()


def test_signatures_verify_with_the_public_halves(hsm: Hsm):
    signature = hsm.sign_p256(KeyUsage.CODE, DIGEST)
    verify_raw(load_public_key(hsm.public_spki(KeyUsage.CODE)), signature, b"message")
    key = serialization.load_der_public_key(hsm.public_spki(KeyUsage.PDF))
    assert isinstance(key, rsa.RSAPublicKey)
    key.verify(hsm.sign_rsa_pkcs1v15_sha256(KeyUsage.PDF, b"message"), b"message", padding.PKCS1v15(), hashes.SHA256())


def test_eight_threads_sign_at_once(hsm: Hsm):
    keys = [KeyUsage.CODE, KeyUsage.TREE_HEAD, KeyUsage.SEAL, KeyUsage.SEAL_MAKER]
    spkis = {usage: load_public_key(hsm.public_spki(usage)) for usage in keys}
    start = threading.Barrier(8)

    def sign_many(number: int) -> int:
        start.wait()
        for turn in range(100):
            message = b"%d %d" % (number, turn)
            usage = keys[turn % 4]
            verify_raw(spkis[usage], hsm.sign_p256(usage, hashlib.sha256(message).digest()), message)
            if turn % 25 == 0:
                hsm.sign_rsa_pkcs1v15_sha256(KeyUsage.PDF, message)
                hsm.labels()
        return number

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(sign_many, range(8))) == list(range(8))


@pytest.mark.parametrize("kind", list(KeyKind))
def test_a_key_cannot_leave_the_token_or_do_anything_else(own: OwnToken, kind: KeyKind):
    own.hsm.generate_key("fresh", kind, b"\x02")
    wanted = ObjectClass.SECRET_KEY if kind is KeyKind.AES_256 else ObjectClass.PRIVATE_KEY
    with own.hsm._worker() as worker:
        (key,) = worker.session.get_objects({Attribute.CLASS: wanted, Attribute.LABEL: "fresh"})
        assert key[Attribute.SENSITIVE]
        assert key[Attribute.PRIVATE]
        assert key[Attribute.NEVER_EXTRACTABLE]
        assert not key[Attribute.EXTRACTABLE]
        assert not key[Attribute.MODIFIABLE]
        rights = {
            right
            for right in (Attribute.SIGN, Attribute.DECRYPT, Attribute.UNWRAP, Attribute.WRAP, Attribute.DERIVE)
            if _has(key, right)
        }
        assert rights == ({Attribute.WRAP, Attribute.UNWRAP} if kind is KeyKind.AES_256 else {Attribute.SIGN})
        secret = Attribute.PRIVATE_EXPONENT if kind is KeyKind.RSA_3072 else Attribute.VALUE
        with pytest.raises(PKCS11Error):
            key[secret]
    own.clock.now += LONGEST_PAUSE


def _has(key: object, right: Attribute) -> bool:
    try:
        return bool(key[right])  # type: ignore[index]
    except PKCS11Error:
        return False


def test_a_key_is_never_overwritten(own: OwnToken):
    before = own.hsm.public_spki("code")
    for label, key_id in (("code", b"\x09"), ("other", b"\x01")):
        with pytest.raises(HsmKeyExists):
            own.hsm.generate_key(label, KeyKind.P_256, key_id)
    assert own.hsm.labels() == ["code"]
    assert own.hsm.public_spki("code") == before


def test_a_missing_key_is_named_and_breaks_nothing(own: OwnToken):
    for ask in (own.hsm.public_spki, lambda label: own.hsm.sign_p256(label, DIGEST)):
        with pytest.raises(HsmKeyMissing):
            ask("absent")
    assert len(own.hsm.sign_p256("code", DIGEST)) == 64


def test_only_a_digest_is_signed(own: OwnToken):
    with pytest.raises(ValueError):
        own.hsm.sign_p256("code", b"message")


def test_an_outage_is_reported_without_touching_the_token_and_ends_by_itself(own: OwnToken):
    own.hsm.sign_p256("code", DIGEST)
    own.take_away()
    with pytest.raises(HsmUnavailable):
        own.hsm.sign_p256("code", DIGEST)
    own.bring_back()
    with pytest.raises(HsmUnavailable, match="tried again shortly"):
        own.hsm.sign_p256("code", DIGEST)
    own.clock.now += FIRST_PAUSE
    assert len(own.hsm.sign_p256("code", DIGEST)) == 64


def test_a_folder_that_is_gone_altogether_is_an_outage_too(own: OwnToken, tmp_path: Path):
    (tmp_path / "token").rename(tmp_path / "elsewhere")
    for _ in range(3):
        with pytest.raises(HsmUnavailable):
            own.hsm.sign_p256("code", DIGEST)
        own.clock.now += LONGEST_PAUSE
    (tmp_path / "elsewhere").rename(tmp_path / "token")
    assert len(own.hsm.sign_p256("code", DIGEST)) == 64


def test_a_long_outage_is_tried_ever_more_rarely(own: OwnToken, monkeypatch: pytest.MonkeyPatch):
    own.take_away()
    starts: list[float] = []
    connect = own.hsm._connect

    def connect_and_count() -> None:
        starts.append(own.clock.now)
        connect()

    monkeypatch.setattr(own.hsm, "_connect", connect_and_count)
    for tenth in range(3000):
        own.clock.now = tenth / 10
        with pytest.raises(HsmUnavailable):
            own.hsm.sign_p256("code", DIGEST)
    assert 10 <= len(starts) <= 20
    assert starts[-1] - starts[-2] == pytest.approx(LONGEST_PAUSE, abs=0.2)
    own.bring_back()
    own.clock.now += LONGEST_PAUSE
    assert len(own.hsm.sign_p256("code", DIGEST)) == 64


def test_threads_survive_an_outage_in_the_middle_of_their_work(own: OwnToken):
    stop = threading.Event()

    def sign_until_told() -> tuple[int, int]:
        signed = refused = 0
        while not stop.is_set():
            try:
                own.hsm.sign_p256("code", DIGEST)
                signed += 1
            except HsmUnavailable:
                refused += 1
                stop.wait(0.001)
        return signed, refused

    with ThreadPoolExecutor(6) as pool:
        running = [pool.submit(sign_until_told) for _ in range(6)]
        for _ in range(5):
            stop.wait(0.05)
            own.take_away()
            stop.wait(0.05)
            own.bring_back()
            own.clock.now += LONGEST_PAUSE
        stop.wait(0.05)
        stop.set()
        counts = [task.result() for task in running]
    assert all(signed for signed, _ in counts)
    assert sum(refused for _, refused in counts) > 0
    own.clock.now += LONGEST_PAUSE
    assert len(own.hsm.sign_p256("code", DIGEST)) == 64


def test_a_wrong_pin_is_tried_once_and_not_again_before_a_person_has_looked(
    own: OwnToken, monkeypatch: pytest.MonkeyPatch
):
    own.hsm.close()
    logins = counted_logins(monkeypatch)
    for pin in ("000000", "000000", read_pin(own.pin_file)):
        with pytest.raises(HsmPinRefused):
            Hsm(own.settings, pin=pin)
    assert len(logins) == 1
    own.mark.unlink()
    again = Hsm(own.settings, pin=read_pin(own.pin_file))
    assert len(again.sign_p256("code", DIGEST)) == 64
    again.close()


def test_a_pin_that_stops_working_is_not_tried_in_a_loop(own: OwnToken, monkeypatch: pytest.MonkeyPatch):
    own.take_away()
    with pytest.raises(HsmUnavailable):
        own.hsm.sign_p256("code", DIGEST)
    own.bring_back()
    own.hsm._pin = "changed by somebody"
    logins = counted_logins(monkeypatch)
    for _ in range(5):
        own.clock.now += LONGEST_PAUSE
        with pytest.raises(HsmPinRefused):
            own.hsm.sign_p256("code", DIGEST)
    assert len(logins) == 1


def counted_logins(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every start that gets as far as looking for the token is one login at most."""
    found: list[str] = []
    library = Cryptoki.library

    def library_counted(cryptoki: Cryptoki) -> Any:
        found.append("login")
        return library(cryptoki)

    monkeypatch.setattr(Cryptoki, "library", library_counted)
    return found


def test_a_closed_hsm_signs_nothing_and_closes_twice(own: OwnToken):
    own.hsm.close()
    own.hsm.close()
    with pytest.raises(HsmUnavailable):
        own.hsm.sign_p256("code", DIGEST)


def test_a_module_is_opened_once_a_process(own: OwnToken):
    with pytest.raises(HsmUnavailable):
        Hsm(own.settings, pin=read_pin(own.pin_file))
    assert len(own.hsm.sign_p256("code", DIGEST)) == 64


def test_a_module_or_token_that_is_not_there_is_unavailable(own: OwnToken, tmp_path: Path):
    own.hsm.close()
    for settings in (replace(own.settings, module=tmp_path / "absent.so"), replace(own.settings, label="absent")):
        with pytest.raises(HsmUnavailable):
            Hsm(settings, pin=read_pin(own.pin_file))
    assert not own.mark.exists()


def test_processes_that_start_together_all_log_in(hsm_token: HsmToken):
    program = (
        "import sys\nfrom pathlib import Path\n"
        "from printserver.signing.hsm import Hsm\nfrom printserver.signing.token_settings import TokenSettings\n"
        "from printserver.signing.token_setup import read_pin\n"
        "folder = Path(sys.argv[1])\n"
        "settings = TokenSettings.of_softhsm_folder(folder, label=sys.argv[2])\n"
        "hsm = Hsm(settings, pin=read_pin(Path(sys.argv[3])))\n"
        "sys.exit(0 if len(hsm.sign_p256('code', bytes(32))) == 64 else 1)\n"
    )
    folder = hsm_token.settings.lock_file.parent
    command = [sys.executable, "-c", program, str(folder), hsm_token.settings.label, str(hsm_token.pin_file)]
    started = [
        subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(REPOSITORY)}, stderr=subprocess.PIPE)
        for _ in range(4)
    ]
    outcomes = [(process.communicate()[1].decode(), process.returncode) for process in started]
    assert outcomes == [("", 0)] * 4


def test_the_standard_keys_are_all_there(hsm: Hsm, hsm_token: HsmToken):
    assert hsm.labels() == sorted(KEYS)
    assert isinstance(hsm_token.settings, TokenSettings)
