"""PDF signatures of every level beside B-B, with this installation's own time-stamp authority: no network in it.

Processor time of one process. One preparation (revocation proofs, validation context) serves all signatures of a level,
as in the signer; one row makes it anew for each signature, so that its worth is seen.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from printserver.cli.demo.contract import sample_contract
from printserver.cli.init import DEMO_PLAN, install
from printserver.foundation.clock import SystemClock
from printserver.settings import Settings
from printserver.signer.ceremony_plan import read_plan
from printserver.signer.daemon import open_keys
from printserver.signer.keys import SigningKeys
from printserver.signer.pdf_signing import preparation_of
from printserver.signing.pades import sign_pdf
from printserver.signing.pades_level import PdfLevel
from printserver.signing.pades_preparation import Prepared

ROUNDS: Final = 3
SIGNATURES: Final = 6


def measure() -> list[dict[str, object]]:
    """Rows {"name", "value", "limit", "ratio", "unit"}; value and limit in signatures per CPU-second."""
    with tempfile.TemporaryDirectory(prefix="psb-") as folder:
        settings = Settings(home=Path(folder) / "home")
        install(settings, read_plan(DEMO_PLAN), passwords_last=True)
        keys = open_keys(settings)
        try:
            return _rows(settings, keys)
        finally:
            keys.hsm.close()


def _rows(settings: Settings, keys: SigningKeys) -> list[dict[str, object]]:
    pdf, clock = sample_contract(), SystemClock()
    chain, _ = keys.pdf()

    def preparing(level: PdfLevel) -> Callable[[], Prepared]:
        chosen = settings.model_copy(update={"pades_level": level})
        return lambda: preparation_of(chosen, keys, clock.now).prepare(chain, clock.now())

    def reused(level: PdfLevel) -> list[float]:
        prepared = preparing(level)()
        return _rates(keys, pdf, lambda: prepared)

    plain = reused(PdfLevel.B_B)
    stamped = (PdfLevel.B_T, PdfLevel.B_LT, PdfLevel.B_LTA)
    rows = [_row(f"PDF signature: {level} with a reused context ÷ B-B", reused(level), plain) for level in stamped]
    fresh = _rates(keys, pdf, preparing(PdfLevel.B_LT))
    return [*rows, _row("PDF signature: B-LT with a fresh context ÷ B-B", fresh, plain)]


def _rates(keys: SigningKeys, pdf: bytes, prepare: Callable[[], Prepared]) -> list[float]:
    """Signatures per CPU-second in each round."""
    rates = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        for _ in range(SIGNATURES):
            _sign(keys, pdf, prepare())
        rates.append(SIGNATURES / (time.process_time() - begun))
    return rates


def _sign(keys: SigningKeys, pdf: bytes, prepared: Prepared) -> bytes:
    chain, sign = keys.pdf()
    return sign_pdf(
        pdf,
        sign=sign,
        certificates=chain,
        field_name="IssuingSignature",
        reason="benchmark",
        location="",
        time=SystemClock().now(),
        prepared=prepared,
    )


def _row(name: str, values: list[float], limits: list[float]) -> dict[str, object]:
    return {
        "name": name,
        "value": statistics.median(values),
        "limit": statistics.median(limits),
        "ratio": statistics.median(values) / statistics.median(limits),
        "unit": "signatures per CPU-second",
    }
