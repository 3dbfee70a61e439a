"""What a stranger's code is answered: by signature first, then by the books; nothing for forgers and guessers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, update

from printserver.approvals.classes import PublicView
from printserver.approvals.models import DocumentClass
from printserver.audit.canonical import canonical_json
from printserver.audit.log import By
from printserver.foundation.errors import Unavailable
from printserver.foundation.ids import new_id
from printserver.foundation.serials import CopySerial, SerialMalformed
from printserver.organisations.models import Organisation
from printserver.print_requests.copies import move_copy
from printserver.print_requests.models import PrintRequest
from printserver.print_requests.states import COPY_TRANSITIONS, INVALID, CopyAction, CopyState
from printserver.rendering.marks import SealPlace
from printserver.rendering.page_layout import BARCODE_BOX_UM, QR_BOX_UM, Box, ContentTransform, PageLayout
from printserver.rendering.units import A4_PORTRAIT
from printserver.signing.p256 import key_id_of, spki_of
from printserver.signing.published_key import KeyUsage
from printserver.verification.public_view import (
    KIND_OF_STATE,
    PagePolicy,
    PublicFacts,
    PublicSeal,
    Verdict,
    VerdictKind,
)
from printserver.verification.service import check_code, check_serial
from tests.paper_books import ISSUED_AT, NUMBER, VALID, Books, Issuer
from tests.passed_on_objects import PassedOnObjects

UNKNOWN = Verdict(VerdictKind.UNKNOWN)
ALTERED = Verdict(VerdictKind.ALTERED)


def check(books: Books, text: str) -> Verdict:
    with books.database.reading() as work:
        return check_code(work, text, books.issuer.key_list(), books.objects)


def test_a_genuine_paper_is_called_genuine_while_the_object_store_is_away(books: Books):
    class AwayObjects(PassedOnObjects):
        def get(self, digest: str, owner: UUID) -> bytes:
            raise Unavailable("the signer is away")

    text = books.text(books.copy())
    with books.database.reading() as work:
        verdict = check_code(work, text, books.issuer.key_list(), AwayObjects(books.objects))
    assert verdict.kind is VerdictKind.GENUINE


def statements(books: Books, text: str) -> int:
    """How many statements the database saw while `text` was checked."""
    seen: list[str] = []

    def count(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(books.database.engines.reading, "before_cursor_execute", count)
    check(books, text)
    event.remove(books.database.engines.reading, "before_cursor_execute", count)
    return len(seen)


def flipped(text: str) -> str:
    """The same code with one bit of the signature changed."""
    prefix, _, digits = text.rpartition("/")
    return f"{prefix}/{int(digits) ^ 1:0{len(digits)}d}"


def test_a_printed_copy_is_genuine_and_shows_what_the_paper_must_show(any_books: Books):
    _, copy = any_books.copies(2, pages=3)
    assert check(any_books, any_books.text(copy, 2)) == Verdict(
        VerdictKind.GENUINE,
        PublicFacts(
            title="采购合同",
            organisation=f"示例公司 {NUMBER}",
            seals=(PublicSeal("合同专用章", "internal", ended=False),),
            serial=str(copy.serial),
            copy=2,
            copies=2,
            page=2,
            pages=3,
            issued_at=ISSUED_AT,
        ),
        PagePolicy(PublicView.MASKED, copy.organisation_id, copy.rendition_sha256, 2),
        copy.id,
    )


def test_the_digits_alone_are_read_as_well_as_any_hosts_address(books: Books):
    text = books.text(books.copy())
    digits = text.rpartition("/")[2]
    assert check(books, digits) == check(books, f"http://other.example:8700/q/{digits}") == check(books, text)


@pytest.mark.parametrize("state", CopyState)
def test_every_state_has_its_verdict(books: Books, state: CopyState):
    copy = books.copy(state=state)
    verdict = check(books, books.text(copy))
    expected = {
        "printed": VerdictKind.GENUINE,
        "electronic": VerdictKind.GENUINE,
        "issued": VerdictKind.UNSETTLED,
        "released": VerdictKind.UNSETTLED,
        "sent": VerdictKind.UNSETTLED,
        "outcome-unknown": VerdictKind.UNSETTLED,
        "void": VerdictKind.VOID,
        "destroyed": VerdictKind.VOID,
        "missing": VerdictKind.VOID,
        "replaced": VerdictKind.REPLACED,
    }.get(state, VerdictKind.UNKNOWN)
    assert verdict.kind is KIND_OF_STATE[state] is expected
    assert (verdict.facts is None) == (expected is VerdictKind.UNKNOWN)
    with books.database.reading() as work:
        assert check_serial(work, str(copy.serial)) == Verdict(expected)


@pytest.mark.parametrize("state", CopyState)
def test_nothing_is_valid_that_was_signed_with_keys_for_tests(books: Books, state: CopyState):
    copy = books.copy(state=state)
    with books.database.reading() as work:
        kind = check_code(work, books.text(copy), books.issuer.key_list(test=True)).kind
        assert check_serial(work, str(copy.serial), test=True) == Verdict(kind)
    valid = KIND_OF_STATE[state] in (VerdictKind.GENUINE, VerdictKind.UNSETTLED)
    assert kind is (VerdictKind.TEST if valid else KIND_OF_STATE[state])


def test_nothing_leads_out_of_the_states_in_which_a_copy_is_invalid():
    assert {after for (before, _), after in COPY_TRANSITIONS.items() if before in INVALID} <= INVALID


def test_a_void_copy_whose_row_was_set_back_is_void(any_books: Books):
    copy, other = any_books.copies(2)
    with any_books.database.work() as work:
        move_copy(work, By(process="test"), copy.id, CopyAction.VOID, reason='"after":"printed"')
        move_copy(work, By(process="test"), other.id, CopyAction.VOID)
        move_copy(work, By(process="test"), other.id, CopyAction.REPLACE)
    any_books.set_state(copy, CopyState.PRINTED)
    assert check(any_books, any_books.text(copy)).kind is VerdictKind.VOID
    assert check(any_books, any_books.text(other)).kind is VerdictKind.REPLACED
    with any_books.database.reading() as work:
        assert check_serial(work, str(copy.serial)) == Verdict(VerdictKind.VOID)


def test_a_reason_that_looks_like_the_log_makes_no_copy_void(any_books: Books):
    copy = any_books.copy(state=CopyState.OUTCOME_UNKNOWN)
    with any_books.database.work() as work:
        move_copy(work, By(process="test"), copy.id, CopyAction.SETTLE_SEEN, reason='{"after":"void"}')
    assert check(any_books, any_books.text(copy)).kind is VerdictKind.GENUINE


def test_a_forged_code_is_altered_and_asks_the_database_nothing(books: Books):
    text = books.text(books.copy())
    assert check(books, flipped(text)) == ALTERED
    assert statements(books, flipped(text)) == 0
    assert statements(books, text) > 0


def test_an_unknown_copy_a_foreign_server_and_nonsense_get_the_same_answer(books: Books, issuer: Issuer):
    stranger = replace(issuer, code_key=ec.generate_private_key(ec.SECP256R1()))
    copy = books.copy()
    foreign = stranger.text(books.body(copy, key_id=key_id_of(spki_of(stranger.code_key.public_key()))))
    nowhere = books.text(copy, serial=CopySerial.generate())
    unissued = books.text(books.copy(state=CopyState.AUTHORISED))
    assert [check(books, text) for text in (foreign, nowhere, unissued, "nonsense", "")] == [UNKNOWN] * 5


@pytest.mark.parametrize(
    "said",
    [
        {"copy": 2},
        {"copies": 3},
        {"pages": 9},
        {"pages": 9, "page": 5},
        {"document_sha256": bytes(32)},
        {"first_seal_id": bytes(range(6))},
    ],
    ids=str,
)
def test_a_signed_code_that_contradicts_the_books_is_altered(books: Books, said: dict[str, object]):
    copy = books.copies(2, pages=4)[0]
    assert check(books, books.text(copy, **said)) == ALTERED


def test_a_code_that_another_organisations_key_signed_for_a_copy_is_altered(books: Books):
    text = books.text(books.copy())
    with books.database.work() as work:
        work.session.get_one(Organisation, books.organisation_id).number += 1
    assert check(books, text) == ALTERED


def test_a_revoked_or_expired_key_makes_its_codes_expire(books: Books, issuer: Issuer):
    text = books.text(books.copy())
    now = books.database.clock.now()
    key = issuer.entry(KeyUsage.CODE)
    with books.database.reading() as work:
        assert check_code(work, text, issuer.key_list(key.revoked(now))) == Verdict(VerdictKind.EXPIRED)
        late = issuer.key_list(key.revoked(now + timedelta(days=1)))
        assert check_code(work, text, late).kind is VerdictKind.GENUINE
    too_old = books.text(books.copy(), issued_at=VALID[0] - timedelta(days=1))
    assert check(books, too_old) == Verdict(VerdictKind.EXPIRED)


def test_nobodys_name_place_or_reference_is_shown_to_a_stranger(books: Books):
    copy = books.copy(own_reference="OA-SECRET-1")
    shown = str(check(books, books.text(copy)))
    for secret in ("OA-SECRET", "王小明", "打印机", str(copy.id), str(copy.branch_id), str(copy.request_id)):
        assert secret not in shown


def test_a_typed_serial_gets_a_verdict_and_no_facts(books: Books):
    copy = books.copy()
    with books.database.reading() as work:
        assert check_serial(work, str(copy.serial).lower()) == Verdict(VerdictKind.GENUINE)
        wide = "".join(chr(ord(character) + 0xFEE0) for character in str(copy.serial))
        assert check_serial(work, wide) == Verdict(VerdictKind.GENUINE), "as a Chinese keyboard writes it"
        assert check_serial(work, str(CopySerial.generate())) == UNKNOWN
        with pytest.raises(SerialMalformed):
            check_serial(work, "0000-0000-0000-0000-1")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.text(max_size=400)
    | st.from_regex(r"https?://[a-z.]{1,20}/q/[0-9]{321}", fullmatch=True)
    | st.sampled_from(["' OR 1=1 --", "<script>alert(1)</script>", "https://evil.example/", "/q/../../etc/passwd"])
)
def test_hostile_text_is_never_more_than_unknown_or_altered(books: Books, text: str):
    assert check(books, text) in (UNKNOWN, ALTERED)


@pytest.mark.parametrize(
    ("approved", "now_by_its_class", "shown"),
    [
        ("full", "full", "full"),
        ("masked", "full", "masked"),
        ("full", "masked", "masked"),
        ("titled", "full", "titled"),
        ("masked", "titled", "masked"),
        ("none", "full", "none"),
        ("full", "none", "none"),
        ("everything", "full", "none"),
    ],
)
def test_strangers_see_what_was_approved_or_less_where_the_class_shows_less_by_now(
    books: Books, approved: str, now_by_its_class: str, shown: str
):
    copy = books.copy(public_view=approved)
    with books.database.work() as work:
        said = {"name_zh": "一般", "name_en": "General", "retention": "x", "seal_types": [], "hints": {}}
        ids = {"id": new_id(), "organisation_id": books.organisation_id, "code": "general"}
        rest = {"flow": None, "version": 0, "retired": False, "changed_at": work.now(), "public_view": now_by_its_class}
        work.session.add(DocumentClass(**ids, **said, **rest))
    with books.database.reading() as work:
        policy = check_code(work, books.text(copy), books.issuer.key_list(), books.objects).policy
        unread = check_code(work, books.text(copy), books.issuer.key_list()).policy
    assert policy is not None
    assert policy.view == shown
    assert unread is not None
    assert unread.view == "none"


def test_seals_are_shown_on_a_hidden_page_where_they_are_printed_slices_too(books: Books):
    """Seals move with the content that made room for the code; slices stay at the sheet's edge."""
    copy = books.copy()
    qr, barcode = Box(165_700, 12_000, *QR_BOX_UM), Box(12_000, 273_000, *BARCODE_BOX_UM)
    layout = PageLayout(1, A4_PORTRAIT, qr, barcode, ContentTransform(900_000, 5_000, 6_000))
    places = [
        SealPlace(1, 100_000, 150_000),
        SealPlace(2, 1, 1),
        SealPlace(1, 200_000, 150_000, Box(0, 0, 10_000, 40_000)),
    ]
    seal = {"seal_id": str(copy.seal_id), "places": [place.to_json() for place in places]}
    manifest: dict[str, Any] = {"public_view": "masked", "layout": [layout.to_json()], "seals": [seal]}
    stored = books.objects.put(canonical_json(manifest), books.organisation_id)
    with books.database.work() as work:
        request = update(PrintRequest).where(PrintRequest.id == copy.request_id)
        work.session.execute(request.values(manifest_sha256=stored))
    policy = check(books, books.text(copy)).policy
    assert policy is not None
    assert policy.seals == ((75_000, 121_000, 40_000, 40_000), (180_000, 130_000, 10_000, 40_000))
