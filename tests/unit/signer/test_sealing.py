"""Each seal of a request signs the approved rendition of each copy, with its own key, once; strangers can prove it."""

from __future__ import annotations

import io
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pikepdf
import pytest

from printserver.audit.queries import last_fact
from printserver.print_requests.copy_seals import SealOnCopy, seals_on
from printserver.print_requests.manifest import Manifest
from printserver.print_requests.models import Copy
from printserver.print_requests.states import CopyState
from printserver.signer.checks import ApprovedSeal
from printserver.signer.issuing import Issuing
from printserver.signer.sealing import SealHolders
from printserver.signer.stopped_keys import StoppedKeys, stop_key
from printserver.signing.errors import (
    HsmKeyMissing,
    KeyNotValid,
    SealObjectExpired,
    SealObjectForged,
    TrustFileRefused,
)
from printserver.signing.published_key import KeyUsage
from printserver.signing.seal_object import SealFacts, SealPicture, make_seal_object
from printserver.signing.seal_signature import SealSignature, read_seal_signature, verify_seal_signature
from printserver.signing.spent_journal import SpentJournal
from tests.signing_world import SigningWorld

LATER_NAMES = ("printer_dpi", "electronic_marks")


def on(signed: SigningWorld, copy: Copy) -> SealOnCopy:
    with signed.database.reading() as work:
        (seal,) = seals_on(work, copy.id)
    return seal


def verified(signed: SigningWorld, copy: Copy) -> SealSignature:
    der = signed.objects.get(on(signed, copy).signature_sha256, signed.world.home.id)
    digest = bytes.fromhex(copy.rendition_sha256)
    return verify_seal_signature(der, data_digest=digest, makers=signed.ceremony.keys.key_list)


def test_every_copy_carries_its_seals_signature_over_its_own_rendition(signing_world: SigningWorld):
    copies = signing_world.issued(copies=2)
    for copy in copies:
        signature = verified(signing_world, copy)
        assert signature.signed_at == on(signing_world, copy).sealed_at == signing_world.database.clock.now()
        assert copy.rendition_sha256 in signature.property_info
        assert f"{copy.number}/2" in signature.property_info
    assert len({on(signing_world, copy).signature_sha256 for copy in copies}) == 2
    other = signing_world.objects.get(on(signing_world, copies[0]).signature_sha256, signing_world.world.home.id)
    with pytest.raises(SealObjectForged):
        verify_seal_signature(
            other, data_digest=bytes.fromhex(copies[1].rendition_sha256), makers=signing_world.ceremony.keys.key_list
        )


def test_openssl_proves_the_holders_signature(sqlite_signing_world: SigningWorld, tmp_path: Path):
    (copy,) = sqlite_signing_world.issued()
    read = read_seal_signature(
        sqlite_signing_world.objects.get(
            on(sqlite_signing_world, copy).signature_sha256, sqlite_signing_world.world.home.id
        )
    )
    for name, content in (
        ("holder.der", read.holder_certificate),
        ("signed", read.signed_bytes),
        ("signature", read.signature),
    ):
        (tmp_path / name).write_bytes(content)

    def openssl(*arguments: str) -> str:
        return subprocess.run(["openssl", *arguments], cwd=tmp_path, capture_output=True, text=True, check=True).stdout

    (tmp_path / "key.pem").write_text(openssl("x509", "-inform", "DER", "-in", "holder.der", "-pubkey", "-noout"))
    assert "OK" in openssl("dgst", "-sha256", "-verify", "key.pem", "-signature", "signature", "signed")


def test_the_hsm_signs_once_a_page_once_for_the_pdf_and_once_a_seal(sqlite_signing_world: SigningWorld):
    before = sqlite_signing_world.hsm.signatures
    (copy,) = sqlite_signing_world.issued()
    assert sqlite_signing_world.hsm.signatures - before == copy.pages + 1 + 1


def test_the_log_says_which_seal_signed_what(sqlite_signing_world: SigningWorld):
    (copy,) = sqlite_signing_world.issued()
    assert sqlite_signing_world.events().count("CopySealed") == 1
    with sqlite_signing_world.database.reading() as work:
        assert last_fact(work, copy.id, "CopySealed", "rendition_sha256") == copy.rendition_sha256
        assert (
            last_fact(work, copy.id, "CopySealed", "signature_sha256")
            == on(sqlite_signing_world, copy).signature_sha256
        )


def test_a_seal_whose_key_is_not_in_the_token_redeems_and_signs_nothing(
    sqlite_signing_world: SigningWorld, monkeypatch: pytest.MonkeyPatch
):
    """As after the key was destroyed: it is found before anything is spent."""
    (authorisation,) = sqlite_signing_world.authorisations(sqlite_signing_world.world.authorised())
    monkeypatch.setattr(sqlite_signing_world.hsm, "labels", lambda: ["pdf", "code-1", "seal-maker", "seal-ca"])
    issuing = sqlite_signing_world.issuing
    issuing.keys._found.clear()
    with sqlite_signing_world.nothing_changes(recorded=["AuthorisationRefused"]), pytest.raises(HsmKeyMissing):
        issuing.issue(authorisation.id)
    monkeypatch.undo()
    issuing.keys._found.clear()
    (copy,) = sqlite_signing_world.world.copies(authorisation.request_id)
    assert copy.state == CopyState.AUTHORISED


def test_neither_the_makers_nor_the_cas_key_ever_uses_a_seal(sqlite_signing_world: SigningWorld):
    keys = sqlite_signing_world.ceremony.keys
    now = sqlite_signing_world.database.clock.now()
    maker, sign = keys.seal_maker()
    ca, _ = keys.seal_ca()
    facts = SealFacts("0123456789ab", "tests", 1, "name", now, now, now + timedelta(days=1))
    for holder in (maker, ca):
        seal = make_seal_object(facts, SealPicture(b"%PDF-", 40, 40), [holder], maker, sign)
        with pytest.raises(HsmKeyMissing):
            SealHolders(keys).holder(ApprovedSeal(uuid4(), "0123456789ab", seal), now)


def test_a_holder_whose_certificate_has_ended_seals_nothing(sqlite_signing_world: SigningWorld):
    keys = sqlite_signing_world.ceremony.keys
    (published,) = keys.key_list.of_usage(KeyUsage.SEAL)
    maker, sign = keys.seal_maker()
    begin = published.not_before
    facts = SealFacts("0123456789ab", "tests", 1, "name", begin, begin, published.not_after + timedelta(days=400))
    seal = make_seal_object(facts, SealPicture(b"%PDF-", 40, 40), [published.x509_certificate()], maker, sign)
    approved = ApprovedSeal(uuid4(), "0123456789ab", seal)
    assert SealHolders(keys).holder(approved, begin).seal is approved
    with pytest.raises(SealObjectExpired):
        SealHolders(keys).holder(approved, published.not_after + timedelta(days=1))


def key_of_the_seal(signed: SigningWorld) -> str:
    (key,) = signed.ceremony.keys.key_list.of_usage(KeyUsage.SEAL)
    return key.key_id


def stopping(signed: SigningWorld) -> tuple[Issuing, StoppedKeys]:
    """A signer that asks the file beside the token, and writes what it finds into its journal."""
    stopped = StoppedKeys(signed.settings.stopped_keys, signed.journal, signed.database.clock.now)
    return replace(signed.issuing, keys=replace(signed.ceremony.keys, stopped=stopped)), stopped


def test_a_seal_whose_key_was_reported_lost_signs_nothing_more(sqlite_signing_world: SigningWorld):
    signed = sqlite_signing_world
    issuing, _ = stopping(signed)
    first, second = (signed.authorisations(signed.world.authorised())[0] for _ in range(2))
    issuing.issue(first.id)
    stop_key(signed.settings.stopped_keys, key_of_the_seal(signed))
    signatures = signed.hsm.signatures
    with pytest.raises(KeyNotValid):
        issuing.issue(second.id)
    assert signed.hsm.signatures == signatures
    assert signed.authorisations(second.request_id)[0].redeemed_at is None


def test_a_report_that_comes_after_the_checks_stops_the_very_signature(sqlite_signing_world: SigningWorld):
    signed = sqlite_signing_world
    issuing, _ = stopping(signed)
    (authorisation,) = signed.authorisations(signed.world.authorised())
    now = signed.database.clock.now().replace(microsecond=0)
    approved = issuing._checked(authorisation.id, now)
    (holder,) = (issuing._holders.holder(seal, now) for seal in approved.seals)
    assert len(holder.sign(bytes(32))) == 64
    stop_key(signed.settings.stopped_keys, key_of_the_seal(signed))
    signatures = signed.hsm.signatures
    with pytest.raises(KeyNotValid):
        holder.sign(bytes(32))
    assert signed.hsm.signatures == signatures


def test_whoever_asked_for_a_key_before_it_was_reported_lost_signs_nothing_with_it(
    sqlite_signing_world: SigningWorld,
):
    signed = sqlite_signing_world
    keys = stopping(signed)[0].keys
    held = {
        KeyUsage.CODE: keys.code(1)[1],
        KeyUsage.PDF: keys.pdf()[1],
        KeyUsage.SEAL_MAKER: keys.seal_maker()[1],
        KeyUsage.SEAL_CA: keys.seal_ca()[1],
    }
    assert all(sign(bytes(32)) for sign in held.values())
    for usage in held:
        stop_key(signed.settings.stopped_keys, keys.key_list.of_usage(usage)[0].key_id)
    signatures = signed.hsm.signatures
    for sign in held.values():
        with pytest.raises(KeyNotValid):
            sign(bytes(32))
    assert signed.hsm.signatures == signatures


@pytest.mark.parametrize("usage", [KeyUsage.CODE, KeyUsage.PDF, KeyUsage.SEAL_MAKER, KeyUsage.TREE_HEAD])
def test_every_other_key_is_asked_for_before_its_signature_too(sqlite_signing_world: SigningWorld, usage: KeyUsage):
    signed = sqlite_signing_world
    keys = stopping(signed)[0].keys
    sign = {
        KeyUsage.CODE: lambda: keys.code(1)[1](bytes(32)),
        KeyUsage.PDF: lambda: keys.pdf()[1](b"message"),
        KeyUsage.SEAL_MAKER: lambda: keys.seal_maker()[1](bytes(32)),
        KeyUsage.TREE_HEAD: lambda: keys.sign_tree_head(b"message"),
    }[usage]
    assert sign()
    stop_key(signed.settings.stopped_keys, keys.key_list.of_usage(usage)[0].key_id)
    signatures = signed.hsm.signatures
    with pytest.raises(KeyNotValid):
        sign()
    assert signed.hsm.signatures == signatures


def test_a_report_that_was_taken_away_again_still_counts(sqlite_signing_world: SigningWorld):
    """Neither a file that is gone or was put back, nor any row, brings a key back."""
    signed = sqlite_signing_world
    issuing, stopped = stopping(signed)
    key_id = key_of_the_seal(signed)
    stop_key(signed.settings.stopped_keys, key_id)
    assert key_id in stopped
    signed.settings.stopped_keys.unlink()
    (authorisation,) = signed.authorisations(signed.world.authorised())
    signed.journal.close()
    with SpentJournal(signed.settings.spent_journal) as journal:
        assert journal.stopped_keys == {key_id}
        again = replace(stopped, journal=journal)
        reopened = replace(issuing, keys=replace(issuing.keys, stopped=again), journal=journal)
        signatures = signed.hsm.signatures
        with pytest.raises(KeyNotValid):
            reopened.issue(authorisation.id)
        assert signed.hsm.signatures == signatures


def test_a_list_of_reports_that_cannot_be_read_signs_nothing(sqlite_signing_world: SigningWorld):
    signed = sqlite_signing_world
    issuing, _ = stopping(signed)
    signed.settings.stopped_keys.write_text("no key id\n")
    (authorisation,) = signed.authorisations(signed.world.authorised())
    signatures = signed.hsm.signatures
    with pytest.raises(TrustFileRefused):
        issuing.issue(authorisation.id)
    assert signed.hsm.signatures == signatures


def test_a_seal_whose_key_was_revoked_signs_nothing(sqlite_signing_world: SigningWorld):
    signed = sqlite_signing_world
    (key,) = signed.ceremony.keys.key_list.of_usage(KeyUsage.SEAL)
    listed = tuple(
        each.revoked(signed.ceremony.now, "lost") if each == key else each
        for each in signed.ceremony.keys.key_list.keys
    )
    keys = replace(signed.ceremony.keys, key_list=replace(signed.ceremony.keys.key_list, keys=listed))
    (authorisation,) = signed.authorisations(signed.world.authorised())
    signatures = signed.hsm.signatures
    with pytest.raises(KeyNotValid):
        replace(signed.issuing, keys=keys).issue(authorisation.id)
    assert signed.hsm.signatures == signatures


def test_what_was_approved_before_printers_dots_were_named_is_sealed_and_signed(
    sqlite_signing_world: SigningWorld, monkeypatch: pytest.MonkeyPatch
):
    written = Manifest.to_json

    def of_an_earlier_release(manifest: Manifest) -> dict[str, Any]:
        return {name: said for name, said in written(manifest).items() if name not in LATER_NAMES}

    monkeypatch.setattr(Manifest, "to_json", of_an_earlier_release)
    (copy,) = sqlite_signing_world.issued()
    assert copy.state == CopyState.ISSUED


def test_codes_are_drawn_in_the_dots_of_the_printer_that_the_manifest_names(sqlite_signing_world: SigningWorld):
    signed = sqlite_signing_world
    signed.world.set_printer(resolution_dpi=300)
    (copy,) = signed.issued()
    assert copy.issued_sha256 is not None
    with pikepdf.open(io.BytesIO(signed.objects.get(copy.issued_sha256, signed.world.home.id))) as pdf:
        for page in pdf.pages:
            assert b".24 0 0 .24 0 0 cm" in page.resources.XObject["/Code"].read_bytes()
