"""Forged codes: mutated, patched together and signed with other keys. Not one may be believed.

`python -m benchmarks.forgery` tries 100,000 of them; the test suite tries some thousands with other seeds.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec

from printserver.foundation.errors import PrintServerError
from printserver.foundation.serials import CopySerial
from printserver.signing.codes import BLOB_SIZE, BODY_SIZE, DIGITS, CodeBody, SignedCode, encode_text, sign_code
from printserver.signing.key_list import KeyList
from printserver.signing.p256 import key_id_of, software_sign, spki_of
from printserver.verification.offline import verify_text

HOST: Final = "https://print.example"
FULL: Final = 100_000
ISSUED_AT: Final = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)

Forge = Callable[[random.Random], str]


class Forger:
    """Has some genuine codes and a key of his own.   key: the genuine one, of organisation `organisation`."""

    def __init__(self, key: ec.EllipticCurvePrivateKey, organisation: int, codes: int = 8) -> None:
        self._own = ec.generate_private_key(ec.SECP256R1())
        key_id = key_id_of(spki_of(key.public_key()))
        bodies = [_body(key_id, organisation, number) for number in range(codes)]
        self.genuine = [sign_code(body, software_sign(key)) for body in bodies]
        self.bodies = frozenset(bodies)

    def forge(self, chance: random.Random) -> str:
        """One text, never a genuine one."""
        ways: tuple[Forge, ...] = (
            self._bits, self._bytes, self._digits, self._transplanted, self._other_key, self._other_key_claiming,
            self._field, self._random, self._length,
        )  # fmt: skip
        return chance.choice(ways)(chance)

    def _one(self, chance: random.Random) -> SignedCode:
        return chance.choice(self.genuine)

    def _bits(self, chance: random.Random) -> str:
        number = int.from_bytes(self._one(chance).blob, "big")
        for _ in range(chance.randint(1, 6)):
            number ^= 1 << chance.randrange(8 * BLOB_SIZE)
        return encode_text(HOST, number.to_bytes(BLOB_SIZE, "big"))

    def _bytes(self, chance: random.Random) -> str:
        blob = bytearray(self._one(chance).blob)
        at = chance.randrange(BLOB_SIZE)
        blob[at : at + chance.randint(1, 16)] = chance.randbytes(len(blob[at : at + 16]))
        return encode_text(HOST, bytes(blob[:BLOB_SIZE]).ljust(BLOB_SIZE, b"\0"))

    def _digits(self, chance: random.Random) -> str:
        digits = list(encode_text(HOST, self._one(chance).blob)[-DIGITS:])
        for _ in range(chance.randint(1, 4)):
            digits[chance.randrange(DIGITS)] = str(chance.randrange(10))
        return "".join(digits)

    def _transplanted(self, chance: random.Random) -> str:
        """One code's data with another's signature."""
        first, second = chance.sample(self.genuine, 2)
        return encode_text(HOST, first.blob[:BODY_SIZE] + second.blob[BODY_SIZE:])

    def _other_key(self, chance: random.Random) -> str:
        body = replace(self._one(chance).body, key_id=key_id_of(spki_of(self._own.public_key())))
        return encode_text(HOST, sign_code(body, software_sign(self._own)).blob)

    def _other_key_claiming(self, chance: random.Random) -> str:
        """The forger's key under the genuine key's id."""
        return encode_text(HOST, sign_code(self._one(chance).body, software_sign(self._own)).blob)

    def _field(self, chance: random.Random) -> str:
        code = self._one(chance)
        changes: tuple[dict[str, object], ...] = (
            {"copies": code.body.copies + 1},
            {"pages": code.body.pages + 1},
            {"serial": CopySerial(chance.randbytes(10))},
            {"document_sha256": chance.randbytes(32)},
            {"first_seal_id": chance.randbytes(6)},
            {"organisation": chance.randrange(1 << 32)},
            {"issued_at": code.body.issued_at + timedelta(days=1)},
        )
        body = replace(code.body, **chance.choice(changes))  # type: ignore[arg-type]  # one field each, of its own type
        return encode_text(HOST, SignedCode(body, code.signature).blob)

    def _random(self, chance: random.Random) -> str:
        return f"{HOST}/q/{chance.randrange(10**DIGITS):0{DIGITS}d}"

    def _length(self, chance: random.Random) -> str:
        digits = encode_text(HOST, self._one(chance).blob)[-DIGITS:]
        return f"{HOST}/q/{digits[: chance.randrange(DIGITS)]}" if chance.random() < 0.5 else f"{HOST}/q/0{digits}"


def falsely_accepted(forger: Forger, key_list: KeyList, *, count: int, seed: int) -> list[str]:
    """Forged texts that were believed to say something that the issuer never signed; none is right.

    A signature's other form (r, n - s) over the same data says the same and is no forgery.
    """
    chance = random.Random(seed)
    accepted = []
    for _ in range(count):
        text = forger.forge(chance)
        try:
            body = verify_text(text, key_list)
        except PrintServerError:
            continue
        if body not in forger.bodies:
            accepted.append(text)
    return accepted


def _body(key_id: str, organisation: int, number: int) -> CodeBody:
    return CodeBody(
        key_id=key_id,
        organisation=organisation,
        serial=CopySerial(bytes([number + 1]) * 10),
        issued_at=ISSUED_AT,
        page=1 + number % 3,
        pages=3,
        copy=1 + number % 2,
        copies=2,
        first_seal_id=bytes(range(6)),
        document_sha256=bytes([number]) * 32,
    )


def main() -> None:
    from tests.paper_books import NUMBER, make_issuer

    issuer = make_issuer()
    begun = time.monotonic()
    accepted = falsely_accepted(Forger(issuer.code_key, NUMBER), issuer.key_list(), count=FULL, seed=FULL)
    sys.stdout.write(f"{FULL} forged codes in {time.monotonic() - begun:.0f} s, {len(accepted)} believed\n")
    sys.exit(1 if accepted else 0)


if __name__ == "__main__":
    main()
