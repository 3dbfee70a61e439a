"""Seals put on copies a second, beside the bare signatures of the same HSM.

Processor time of one process. A seal is what the signer makes for a copy: the seal's signature over a rendition's
digest, verified as a stranger would. What remains beside C_Sign is ASN.1 and verifying.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from statistics import median
from typing import Final
from uuid import uuid4

from printserver.bootstrap import read_key_list
from printserver.cli.init import DEMO_PLAN
from printserver.cli.system_users import make_home
from printserver.settings import Settings
from printserver.signer.ceremony_plan import read_plan
from printserver.signer.checks import ApprovedSeal
from printserver.signer.key_ceremony import hold
from printserver.signer.keys import PDF_LABEL, SigningKeys, seal_label
from printserver.signer.sealing import Holder, SealHolders
from printserver.signer.tokens import open_hsm
from printserver.signing.seal_signature import sign_with_seal, verify_seal_signature

ROUNDS: Final = 5
SEALS: Final = 100


def measure() -> list[dict[str, object]]:
    """Rows {"name", "value", "limit", "ratio", "unit"}; value and limit in seals per CPU-second."""
    with tempfile.TemporaryDirectory(prefix="psb-") as folder, _sealing(Path(folder)) as (keys, holder, now):
        hsm, digest = keys.hsm, sha256(b"benchmark").digest()
        label = seal_label(holder.seal.code_id)
        sealed, ecdsa, rsa = [], [], []
        for _ in range(ROUNDS):
            sealed.append(_rate(lambda: _seal(keys, holder, now)))
            ecdsa.append(_rate(lambda: hsm.sign_p256(label, digest)))
            rsa.append(_rate(lambda: hsm.sign_rsa_pkcs1v15_sha256(PDF_LABEL, digest)))
    return [
        _row("sealing: a seal's signature, verified ÷ C_Sign P-256", sealed, ecdsa),
        _row("sealing: a seal's signature, verified ÷ C_Sign RSA-3072", sealed, rsa),
    ]


@contextmanager
def _sealing(folder: Path) -> Iterator[tuple[SigningKeys, Holder, datetime]]:
    """The keys and the seal that the demonstration's ceremony makes."""
    settings, now = Settings(home=folder / "home"), datetime.now(UTC).replace(microsecond=0)
    make_home(settings)
    seal = hold(settings, read_plan(DEMO_PLAN), now).seals[0]
    keys = SigningKeys(open_hsm(settings), read_key_list(settings))
    try:
        yield keys, SealHolders(keys).holder(ApprovedSeal(uuid4(), seal.code_id, seal.object), now), now
    finally:
        keys.hsm.close()


def _seal(keys: SigningKeys, holder: Holder, now: datetime) -> None:
    digest = sha256(b"a rendition").digest()
    signature = sign_with_seal(
        holder.seal.object,
        data_sha256=digest,
        holder_certificate=holder.certificate,
        sign=holder.sign,
        at=now,
        property_info="benchmark",
    )
    verify_seal_signature(signature, data_digest=digest, makers=keys.key_list)


def _rate(body: Callable[[], object]) -> float:
    begun = time.process_time()
    for _ in range(SEALS):
        body()
    return SEALS / (time.process_time() - begun)


def _row(name: str, values: list[float], limits: list[float]) -> dict[str, object]:
    ratios = [value / limit for value, limit in zip(values, limits, strict=True)]
    return {
        "name": name,
        "value": median(values),
        "limit": median(limits),
        "ratio": median(ratios),
        "unit": "seals per CPU-second",
    }
