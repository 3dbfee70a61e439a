"""Which of the codes on a page is believed."""

from __future__ import annotations

import pytest

from printserver.foundation.serials import CopySerial, PageCode
from printserver.returns.matching import Evidence, FoundCode, PageCodes, Rung
from printserver.returns.reading import CodeReading, read_codes
from printserver.returns.states import Reason
from printserver.signing.codes import CodeBody
from printserver.signing.published_key import KeyUsage
from tests.paper_books import ISSUED_AT, Issuer, loose_body

PLACE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
BODY_SERIAL = CopySerial(bytes(range(10)))
OTHER = CopySerial(bytes(10))
BARS = PageCode(BODY_SERIAL, 1).digits()


def codes(*texts: str) -> PageCodes:
    found = tuple(FoundCode(text, "/q/" in text, PLACE, 0) for text in texts)
    return PageCodes(Rung.PAGE_GREY if found else Rung.UNREAD, found)


def read(issuer: Issuer, *texts: str) -> CodeReading:
    return read_codes(codes(*texts), issuer.key_list(), ISSUED_AT)


def forged(text: str) -> str:
    return text[:-1] + str((int(text[-1]) + 1) % 10)


def unknown(issuer: Issuer) -> str:
    return issuer.text(loose_body(issuer, key_id="00000000"))


def test_a_signed_qr_is_believed_with_or_without_its_bars(issuer: Issuer):
    body = loose_body(issuer)
    alone = read(issuer, issuer.text(body))
    assert (alone.code, alone.body, alone.evidence) == (PageCode(BODY_SERIAL, 1), body, Evidence.QR)
    assert read(issuer, issuer.text(body), BARS).evidence is Evidence.AGREEMENT


def test_bars_alone_are_believed_but_prove_nothing_signed(issuer: Issuer):
    reading = read(issuer, BARS)
    assert (reading.code, reading.body, reading.reason) == (PageCode(BODY_SERIAL, 1), None, None)


def test_the_signed_qr_wins_over_bars_that_say_otherwise(issuer: Issuer):
    body: CodeBody = loose_body(issuer)
    assert read(issuer, issuer.text(body), PageCode(OTHER, 9).digits()).body == body


@pytest.mark.parametrize("beside", [(), (BARS,), ("genuine",)], ids=["alone", "with bars", "beside a genuine one"])
def test_a_forged_qr_makes_the_page_doubtful_whatever_is_beside_it(issuer: Issuer, beside: tuple[str, ...]):
    genuine = issuer.text(loose_body(issuer))
    texts = [genuine if text == "genuine" else text for text in beside]
    reading = read(issuer, forged(genuine), *texts)
    assert (reading.code, reading.reason) == (None, Reason.CODE_ALTERED)


def test_each_other_trouble_has_its_reason(issuer: Issuer):
    first, second = (issuer.text(loose_body(issuer, page=page, pages=2)) for page in (1, 2))
    assert read(issuer).reason is Reason.UNREADABLE
    assert read(issuer, first, second).reason is Reason.CONFLICTING_CODES
    assert read(issuer, BARS, PageCode(OTHER, 1).digits()).reason is Reason.CONFLICTING_CODES
    assert read(issuer, unknown(issuer), BARS).reason is Reason.UNKNOWN_CODE
    assert read(issuer, "https://print.example/q/" + "1" * 300).reason is Reason.UNKNOWN_CODE
    assert read(issuer, unknown(issuer), first).reason is None


def test_a_revoked_key_is_told_apart_from_a_forger(issuer: Issuer):
    key_list = issuer.key_list(issuer.entry(KeyUsage.CODE).revoked(ISSUED_AT))
    reading = read_codes(codes(issuer.text(loose_body(issuer))), key_list, ISSUED_AT)
    assert (reading.code, reading.reason) == (None, Reason.KEY_NOT_VALID)
