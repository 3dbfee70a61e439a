"""Copies issued at every level of PDF signature: what fails before the redemption wastes nothing."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from printserver.audit.sequencer import ClockSetBack
from printserver.foundation.errors import PrintServerError
from printserver.print_requests.states import CopyState
from printserver.signer.clock_guard import ClockJumped
from printserver.signer.issuing import Issuing
from printserver.signer.pdf_signing import own_lists, time_stamp_authority
from printserver.signing.errors import (
    AlreadySpent,
    CertificateNotValid,
    CopyBeforeEpoch,
    RevocationUnknown,
    TimeStampUnavailable,
)
from printserver.signing.pades import verify_pdf
from printserver.signing.pades_level import PdfLevel
from printserver.signing.pades_preparation import PdfPreparation
from printserver.signing.revocation import RevocationSource
from printserver.signing.time_stamps import TimeStampAsk
from printserver.signing.trust import make_revocation_list
from tests.signing_world import SigningWorld


def at_level(signed: SigningWorld, level: PdfLevel, *, ask_time: TimeStampAsk | None = None) -> Issuing:
    """With the ceremony's own time-stamp authority and revocation list."""
    keys = signed.ceremony.keys
    own = time_stamp_authority(keys, signed.database.clock.now)
    assert own is not None
    preparation = PdfPreparation(
        level,
        trust_roots=[keys.key_list.root_certificate],
        revocation=RevocationSource(own_lists=lambda: own_lists(signed.ceremony.settings)),
        ask_time=ask_time or own.answer,
    )
    return replace(signed.issuing, preparation=preparation)


@pytest.mark.parametrize("level", list(PdfLevel))
def test_a_copy_is_issued_at_the_level_of_the_settings(sqlite_signing_world: SigningWorld, level: PdfLevel):
    signed = sqlite_signing_world
    (authorisation,) = signed.authorisations(signed.world.authorised())
    pdf = signed.objects.get(at_level(signed, level).issue(authorisation.id), signed.world.home.id)
    now = signed.database.clock.now().replace(microsecond=0)
    verdict = verify_pdf(pdf, [signed.ceremony.keys.key_list.root_certificate], at=now)
    assert (verdict.level, verdict.stamped_at) == (level, now if level.is_stamped else None)
    assert verdict.no_changes_allowed


def test_readers_show_the_signature_over_the_seal(sqlite_signing_world: SigningWorld):
    signed = sqlite_signing_world
    request_id = signed.world.authorised()
    (authorisation,) = signed.authorisations(request_id)
    pdf = signed.objects.get(signed.issuing.issue(authorisation.id), signed.world.home.id)
    signature = PdfFileReader(io.BytesIO(pdf)).embedded_regular_signatures[0]
    left, bottom, right, top = (float(number) for number in signature.sig_field["/Rect"])
    assert right > left + 20
    assert top > bottom + 20
    appearance = signature.sig_field["/AP"]["/N"]
    assert not [word for word in appearance.data.split() if word in {b"f", b"S", b"Do", b"Tj", b"sh", b"B", b"f*"}]


def refused(signed: SigningWorld, issuing: Issuing, kind: type[PrintServerError], *, recorded: bool) -> None:
    """Nothing is redeemed, spent or signed but for the time-stamps that were asked for."""
    request_id = signed.world.authorised()
    (authorisation,) = signed.authorisations(request_id)
    journal, stored, events = signed.journal.head, signed.stored(), signed.events()
    with pytest.raises(kind):
        issuing.issue(authorisation.id)
    assert (signed.journal.head, signed.stored()) == (journal, stored)
    assert signed.events()[len(events) :] == (["AuthorisationRefused"] if recorded else [])
    (again,) = signed.authorisations(request_id)
    assert again.redeemed_at is None
    assert [copy.state for copy in signed.world.copies(request_id)] == [CopyState.AUTHORISED]


def no_answer(request: bytes) -> bytes:
    raise TimeStampUnavailable("gone")


@pytest.mark.parametrize("level", [PdfLevel.B_T, PdfLevel.B_LT, PdfLevel.B_LTA])
def test_a_time_stamp_authority_that_is_gone_wastes_no_copy(sqlite_signing_world: SigningWorld, level: PdfLevel):
    signed = sqlite_signing_world
    refused(signed, at_level(signed, level, ask_time=no_answer), TimeStampUnavailable, recorded=False)


def test_a_time_stamp_that_fails_behind_the_redemption_wastes_the_copy_and_signs_it_never_again(
    sqlite_signing_world: SigningWorld,
):
    signed = sqlite_signing_world
    own = time_stamp_authority(signed.ceremony.keys, signed.database.clock.now)
    assert own is not None
    answers = iter([own.answer])

    def once(request: bytes) -> bytes:
        return next(answers, no_answer)(request)

    (authorisation,) = signed.authorisations(signed.world.authorised())
    with pytest.raises(TimeStampUnavailable):
        at_level(signed, PdfLevel.B_T, ask_time=once).issue(authorisation.id)
    assert [copy.state for copy in signed.world.copies(authorisation.request_id)] == [CopyState.WASTED]
    assert signed.journal.head[0] == 1
    with pytest.raises(PrintServerError):
        at_level(signed, PdfLevel.B_T).issue(authorisation.id)
    assert signed.journal.head[0] == 1


@pytest.mark.parametrize("level", list(PdfLevel))
def test_a_revoked_certificate_signs_no_copy_at_any_level(sqlite_signing_world: SigningWorld, level: PdfLevel):
    signed = sqlite_signing_world
    now = signed.database.clock.now()
    chain, _ = signed.ceremony.keys.pdf()
    revoked = make_revocation_list(
        signed.ceremony.root,
        [(chain[0].serial_number, now - timedelta(1))],
        number=2,
        at=now - timedelta(1),
        until=now + timedelta(1),
    )
    issuing = at_level(signed, level)
    preparation = PdfPreparation(
        level,
        trust_roots=issuing.preparation.trust_roots,
        revocation=RevocationSource(own_lists=lambda: [revoked]),
        ask_time=own_answer(signed),
    )
    refused(signed, replace(issuing, preparation=preparation), CertificateNotValid, recorded=True)


def own_answer(signed: SigningWorld) -> TimeStampAsk:
    own = time_stamp_authority(signed.ceremony.keys, signed.database.clock.now)
    assert own is not None
    return own.answer


def test_an_expired_certificate_signs_no_copy(sqlite_signing_world: SigningWorld):
    signed = sqlite_signing_world
    later = signed.ceremony.keys.pdf()[0][0].not_valid_after_utc + timedelta(seconds=1)
    with pytest.raises(CertificateNotValid):
        signed.issuing.preparation.prepare(signed.ceremony.keys.pdf()[0], later)


def test_an_outage_of_revocation_is_an_outage_and_no_refusal(sqlite_signing_world: SigningWorld):
    signed = sqlite_signing_world

    class Silent(PdfPreparation):
        def prepare(self, *arguments: object) -> object:  # type: ignore[override]
            raise RevocationUnknown("nobody answers")

    silent = Silent(PdfLevel.B_B, trust_roots=[], revocation=RevocationSource(), ask_time=None)
    refused(signed, replace(signed.issuing, preparation=silent), RevocationUnknown, recorded=False)


def raising(problem: PrintServerError) -> Callable[[], datetime]:
    def now() -> datetime:
        raise problem

    return now


@pytest.mark.parametrize("problem", [ClockSetBack("back"), ClockJumped("ahead")])
def test_a_clock_that_is_not_believed_wastes_no_copy(sqlite_signing_world: SigningWorld, problem: PrintServerError):
    signed = sqlite_signing_world
    refused(signed, replace(signed.issuing, guarded_now=raising(problem)), type(problem), recorded=False)


def test_a_copy_made_before_an_old_state_was_restored_is_never_signed(sqlite_signing_world: SigningWorld):
    signed = sqlite_signing_world
    signed.journal.begin_epoch(datetime(2100, 1, 1, tzinfo=UTC), reason="the disk burnt")
    refused(signed, signed.issuing, CopyBeforeEpoch, recorded=True)


def test_a_copy_made_after_the_restore_is_signed(sqlite_signing_world: SigningWorld):
    signed = sqlite_signing_world
    signed.journal.begin_epoch(datetime(2020, 1, 1, tzinfo=UTC), reason="the disk burnt")
    (copy,) = signed.issued()
    assert copy.state == CopyState.ISSUED


def test_rows_restored_from_before_sign_no_serial_twice(sqlite_signing_world: SigningWorld):
    """The database goes back; the journal, which is never restored older, remembers."""
    signed = sqlite_signing_world
    (authorisation,) = signed.authorisations(signed.world.authorised())
    database = signed.settings.data / "printserver.db"
    signed.database.engines.dispose()
    before = {path: path.read_bytes() for path in database.parent.glob(f"{database.name}*")}
    signed.issuing.issue(authorisation.id)
    signed.database.engines.dispose()
    for path in database.parent.glob(f"{database.name}*"):
        path.unlink()
    for path, content in before.items():
        path.write_bytes(content)
    head = signed.journal.head
    with pytest.raises(AlreadySpent):
        signed.issuing.issue(authorisation.id)
    assert signed.journal.head == head
