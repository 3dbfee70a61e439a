"""The HSM, through PKCS#11. No other file signs with a key that lives in a token.

One `Hsm` a process holds the module: one master session is logged in, worker sessions share its login.
The PIN is kept in this object alone and tried at most once a start; a refused PIN closes the object for good and
leaves a mark beside the lock file, so that no restart tries it again before a person has looked.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pkcs11 import Attribute, KeyType, Mechanism, MechanismFlag, ObjectClass, TokenFlag
from pkcs11.constants import DEFAULT
from pkcs11.exceptions import PinExpired, PinIncorrect, PinInvalid, PinLenRange, PinLocked, PKCS11Error, TokenNotPresent
from pkcs11.util.ec import encode_ec_public_key, encode_named_curve_parameters

from printserver.signing.cryptoki import Cryptoki, CryptokiFailed
from printserver.signing.errors import (
    HsmKeyExists,
    HsmKeyMissing,
    HsmPinRefused,
    HsmUnavailable,
    TokenSetupRefused,
    WrappedKeyRefused,
)
from printserver.signing.token_settings import TokenSettings, refused_mark, starting
from printserver.signing.token_wrapping import unwrap_secret, wrap_secret

FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 30.0
"""Seconds the circuit stays open after the token was lost: doubled from the first to the longest."""
LONGEST_SECRET: Final = 128
_WRAPPING_ADDS: Final = 16
"""Bytes by which a wrapped secret is longer, at most."""
_PIN_ERRORS: Final = (PinExpired, PinIncorrect, PinInvalid, PinLenRange, PinLocked)
_LAST_TRY: Final = TokenFlag.USER_PIN_FINAL_TRY | TokenFlag.USER_PIN_LOCKED
_SECRETS: Final = (ObjectClass.PRIVATE_KEY, ObjectClass.SECRET_KEY)
_BESIDE: Final = dict.fromkeys(_SECRETS, _SECRETS)
"""Keys of which a token that is there, and logged in, shows at least one."""
_NEVER_LEAVES: Final = {
    Attribute.PRIVATE: True,
    Attribute.SENSITIVE: True,
    Attribute.EXTRACTABLE: False,
    Attribute.MODIFIABLE: False,
}


class KeyKind(StrEnum):
    """The kinds of key the product uses."""

    RSA_3072 = "rsa-3072"
    P_256 = "p-256"
    AES_256 = "aes-256"
    """Wraps storage keys, nothing else."""


@dataclass
class _Worker:
    """One session, used by one thread at a time, with the key handles it has looked up."""

    session: Any
    keys: dict[str, Any] = field(default_factory=dict)


class Hsm:
    """Thread safe. Every method raises HsmUnavailable when the token is gone, HsmPinRefused after a refused PIN."""

    def __init__(self, settings: TokenSettings, *, pin: str, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Start the module and log in, once.   Raises: HsmUnavailable, HsmPinRefused."""
        self._settings = settings
        self._pin = pin
        self._monotonic = monotonic
        self._state = threading.Condition()
        self._active = 0
        self._failures = 0
        self._retry_at: float | None = None
        self._closed: HsmUnavailable | HsmPinRefused | None = None
        self._started = False
        self._token: Any = None
        self._idle: list[_Worker] = []
        self._refused_mark = refused_mark(settings)
        try:
            self._cryptoki = Cryptoki(settings.module)
        except (OSError, CryptokiFailed) as problem:
            raise HsmUnavailable("the PKCS#11 module cannot be loaded") from problem
        self._connect()

    def close(self) -> None:
        """Log out and let go of the module. Nothing can be signed afterwards."""
        with self._state:
            self._state.wait_for(lambda: self._active == 0)
            if self._closed is None:
                self._closed = HsmUnavailable("the HSM has been closed")
                self._disconnect()

    def generate_key(self, label: str, kind: KeyKind, key_id: bytes, *, wrappable: bool = False) -> None:
        """Make a key that never leaves the token and can only sign (AES: only wrap and unwrap).

        wrappable: it may leave the token wrapped in another key, for a backup; whoever has the PIN can have that done.
        Raises: HsmKeyExists when label or id is taken; TokenSetupRefused when the token would let the key out.
        """
        with self._worker() as worker:
            taken = _search(worker.session, {Attribute.LABEL: label}) + _search(worker.session, {Attribute.ID: key_id})
            if taken:
                raise HsmKeyExists(f"the token already holds a key named {label} or with its id")
            with self._token.open(rw=True) as session:
                secret = _NEVER_LEAVES | {Attribute.EXTRACTABLE: wrappable}
                _generate(session, label, kind, key_id, secret, self._settings.leave_out)
                held = _search(session, {Attribute.LABEL: label, Attribute.CLASS: _secret_class(kind)})
                if len(held) != 1 or not _is_kept(
                    held[0], wrappable=wrappable, unmodifiable=self._settings.unmodifiable
                ):
                    raise TokenSetupRefused("the token does not keep a new key to itself; it must not be used")

    def is_wrappable(self, label: str) -> bool:
        """Whether a private key may leave the token wrapped in another.   Raises: HsmKeyMissing."""
        with self._worker() as worker:
            return bool(_signing_key(worker, label)[Attribute.EXTRACTABLE])

    def delete_key(self, label: str) -> bool:
        """Destroy a key pair for ever; False when the token holds none of this name. No other session keeps it."""
        with self._worker() as worker, self._token.open(rw=True) as session:
            found = _search(session, {Attribute.LABEL: label})
            for key in found:
                key.destroy()
            worker.keys.pop(label, None)
            with self._state:
                for idle in self._idle:
                    idle.keys.pop(label, None)
            return bool(found)

    def labels(self) -> list[str]:
        """The labels of all private and secret keys, sorted."""
        return self._labels(*_SECRETS)

    def private_labels(self) -> list[str]:
        """The labels of all private keys, sorted."""
        return self._labels(ObjectClass.PRIVATE_KEY)

    def secret_labels(self) -> list[str]:
        """The labels of all secret keys, sorted."""
        return self._labels(ObjectClass.SECRET_KEY)

    def public_spki(self, label: str) -> bytes:
        """The public half as DER SubjectPublicKeyInfo.   Raises: HsmKeyMissing."""
        with self._worker() as worker:
            key = _only(worker.session, ObjectClass.PUBLIC_KEY, label)
            if key.key_type is KeyType.RSA:
                numbers = rsa.RSAPublicNumbers(
                    int.from_bytes(key[Attribute.PUBLIC_EXPONENT], "big"), int.from_bytes(key[Attribute.MODULUS], "big")
                )
                return _spki(numbers.public_key())
            return _spki(serialization.load_der_public_key(encode_ec_public_key(key)))

    def sign_p256(self, label: str, digest: bytes) -> bytes:
        """64 bytes, r‖s, over a SHA-256 digest of 32 bytes.   Raises: HsmKeyMissing."""
        if len(digest) != 32:
            raise ValueError("a SHA-256 digest has 32 bytes")
        with self._worker() as worker:
            return bytes(_signing_key(worker, label).sign(digest, mechanism=Mechanism.ECDSA))

    def sign_rsa_pkcs1v15_sha256(self, label: str, message: bytes) -> bytes:
        """RSASSA-PKCS1-v1_5 over SHA-256 of `message`, 384 bytes for RSA-3072.   Raises: HsmKeyMissing."""
        with self._worker() as worker:
            return bytes(_signing_key(worker, label).sign(message, mechanism=Mechanism.SHA256_RSA_PKCS))

    @contextmanager
    def writing(self) -> Iterator[Any]:
        """A session that may change the token, for as long as the `with` statement."""
        with self._worker(), self._token.open(rw=True) as session:
            yield session

    @property
    def wrapping(self) -> str:
        """The mechanism with which keys are wrapped, by its name in python-pkcs11; empty where there is none."""
        return self._settings.wrapping

    @property
    def can_wrap(self) -> bool:
        """Whether this kind of token wraps keys at all."""
        return bool(self._settings.wrapping)

    def wrap(self, label: str, secret: bytes) -> bytes:
        """Wrap up to 128 bytes, a multiple of 8, with an AES key of the token.   Raises: HsmKeyMissing."""
        if not 0 < len(secret) <= LONGEST_SECRET or len(secret) % 8:
            raise ValueError("a secret has 8 to 128 bytes, in steps of 8")
        with self._worker() as worker:
            return wrap_secret(worker.session, self._wrapping_key(worker, label), secret, self._settings.wrapping)

    def unwrap(self, label: str, wrapped: bytes) -> bytes:
        """What was wrapped with this key.   Raises: WrappedKeyRefused for what was changed, HsmKeyMissing."""
        if not 0 < len(wrapped) <= LONGEST_SECRET + _WRAPPING_ADDS:
            raise WrappedKeyRefused("no key wrapped by this token has such a length")
        with self._worker() as worker:
            key = self._wrapping_key(worker, label)
            try:
                return unwrap_secret(key, wrapped, self._settings.wrapping)
            except PKCS11Error as problem:
                # Tokens refuse forged bytes with errors of all kinds; one that still wraps has not gone away, and must
                # not stop signing because somebody sends it rubbish.
                wrap_secret(worker.session, key, bytes(LONGEST_SECRET), self._settings.wrapping)
                raise WrappedKeyRefused("these bytes were not wrapped by this token's key") from problem

    def _labels(self, *kinds: ObjectClass) -> list[str]:
        with self._worker() as worker:
            return sorted(
                key[Attribute.LABEL] for kind in kinds for key in _search(worker.session, {Attribute.CLASS: kind})
            )

    def _wrapping_key(self, worker: _Worker, label: str) -> Any:
        if not self.can_wrap:
            raise HsmKeyMissing("this kind of token wraps no keys; sealed storage needs one that does")
        key = worker.keys.get(label)
        if key is None:
            key = worker.keys[label] = _only(worker.session, ObjectClass.SECRET_KEY, label)
        return key

    @contextmanager
    def _worker(self) -> Iterator[_Worker]:
        try:
            worker = self._borrow()
            try:
                yield worker
            except PKCS11Error:
                self._give_back(None)
                raise
            except BaseException:
                self._give_back(worker)
                raise
            self._give_back(worker)
        except PKCS11Error as problem:
            raise self._lost("the HSM does not answer") from problem

    def _borrow(self) -> _Worker:
        with self._state:
            while True:
                self._refuse_while_open()
                if self._retry_at is None:
                    break
                if self._active == 0:
                    self._disconnect()
                    self._connect()
                    self._retry_at = None
                    break
                self._state.wait()
            worker = self._idle.pop() if self._idle else _Worker(self._token.open())
            self._active += 1
            return worker

    def _refuse_while_open(self) -> None:
        if self._closed is not None:
            raise type(self._closed)(str(self._closed))
        if self._retry_at is not None and self._monotonic() < self._retry_at:
            raise HsmUnavailable("the HSM does not answer; it is tried again shortly")

    def _give_back(self, worker: _Worker | None) -> None:
        with self._state:
            self._active -= 1
            if worker is not None and self._retry_at is None:
                self._idle.append(worker)
                self._failures = 0
            self._state.notify_all()

    def _lost(self, message: str) -> HsmUnavailable:
        """Open the circuit: until the pause is over nobody touches the token."""
        with self._state:
            if self._closed is None:
                pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(self._failures, 10))
                self._failures += 1
                self._retry_at = self._monotonic() + pause
            self._state.notify_all()
        return HsmUnavailable(message)

    def _disconnect(self) -> None:
        self._idle.clear()
        self._token = None
        if self._started:
            self._started = False
            with suppress(CryptokiFailed):  # a token that has gone cannot be asked to log out either
                self._cryptoki.finalise()

    def _connect(self) -> None:
        try:
            with starting(self._settings):
                if self._refused_mark.exists():
                    raise self._pin_refused()
                self._cryptoki.initialise(self._settings.parameters)
                self._started = True
                self._log_in()
        except HsmPinRefused:
            self._disconnect()
            raise
        except (OSError, CryptokiFailed, PKCS11Error) as problem:
            self._disconnect()
            raise self._lost("the token is not there, or its module cannot be started") from problem

    def _log_in(self) -> None:
        self._token = self._cryptoki.library().get_token(token_label=self._settings.label)
        if self._token.flags & _LAST_TRY:
            raise self._pin_refused()
        try:
            self._token.open(rw=True, user_pin=self._pin)
        except _PIN_ERRORS as problem:
            refusal = self._pin_refused()
            self._refused_mark.touch(mode=0o600)
            raise refusal from problem

    def _pin_refused(self) -> HsmPinRefused:
        refusal = HsmPinRefused(
            "the HSM refused the PIN, or its next try could lock it; correct the PIN, "
            f"then remove {self._refused_mark.name}"
        )
        self._closed = refusal
        return refusal


def _generate(
    session: Any, label: str, kind: KeyKind, key_id: bytes, kept: Mapping[Attribute, bool], leave_out: Sequence[str]
) -> None:
    # DEFAULT is how python-pkcs11 is told to leave an attribute out of its own templates, too.
    left_out = {Attribute[name]: DEFAULT for name in leave_out}
    secret = {**kept, **left_out}
    if kind is KeyKind.AES_256:
        session.generate_key(
            KeyType.AES, 256, id=key_id, label=label, store=True, template=secret,
            capabilities=MechanismFlag.WRAP | MechanismFlag.UNWRAP,
        )  # fmt: skip
        return
    wanted: dict[str, Any] = {
        "id": key_id,
        "label": label,
        "store": True,
        "capabilities": MechanismFlag.SIGN | MechanismFlag.VERIFY,
        "public_template": left_out,
        "private_template": secret,
    }
    if kind is KeyKind.RSA_3072:
        session.generate_keypair(KeyType.RSA, 3072, **wanted)
    else:
        curve = {Attribute.EC_PARAMS: encode_named_curve_parameters("secp256r1")}
        session.create_domain_parameters(KeyType.EC, curve, local=True).generate_keypair(**wanted)


def _is_kept(key: Any, *, wrappable: bool, unmodifiable: bool) -> bool:
    """Whether the token has taken what was asked of it: never readable, and not even wrapped unless that was meant."""
    return bool(
        key[Attribute.SENSITIVE]
        and key[Attribute.ALWAYS_SENSITIVE]
        and key[Attribute.EXTRACTABLE] is wrappable
        and key[Attribute.NEVER_EXTRACTABLE] is not wrappable
        and not (unmodifiable and key[Attribute.MODIFIABLE])
    )


def _secret_class(kind: KeyKind) -> ObjectClass:
    return ObjectClass.SECRET_KEY if kind is KeyKind.AES_256 else ObjectClass.PRIVATE_KEY


def _search(session: Any, template: dict[Any, Any]) -> list[Any]:
    return list(session.get_objects(template))


def _only(session: Any, kind: Any, label: str) -> Any:
    found = _search(session, {Attribute.CLASS: kind, Attribute.LABEL: label})
    if not found and not any(_search(session, {Attribute.CLASS: each}) for each in _BESIDE.get(kind, (kind,))):
        raise TokenNotPresent  # SoftHSM keeps answering for a token that was taken away, as if it were empty
    if len(found) != 1:
        raise HsmKeyMissing(f"the token holds {len(found)} keys named {label}, not one")
    return found[0]


def _signing_key(worker: _Worker, label: str) -> Any:
    key = worker.keys.get(label)
    if key is None:
        key = worker.keys[label] = _only(worker.session, ObjectClass.PRIVATE_KEY, label)
    return key


def _spki(key: Any) -> bytes:
    return bytes(key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo))
