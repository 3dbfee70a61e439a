"""Each seal of a request signs the approved rendition of each copy, with its own key, once; strangers can prove it."""

from __future__ import annotations

import subprocess
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from printserver.audit.queries import last_fact
from printserver.print_requests.copy_seals import SealOnCopy, seals_on
from printserver.print_requests.models import Copy
from printserver.print_requests.states import CopyState
from printserver.signer.checks import ApprovedSeal
from printserver.signer.sealing import SealHolders
from printserver.signing.errors import HsmKeyMissing, SealObjectExpired, SealObjectForged
from printserver.signing.published_key import KeyUsage
from printserver.signing.seal_object import SealFacts, SealPicture, make_seal_object
from printserver.signing.seal_signature import SealSignature, read_seal_signature, verify_seal_signature
from tests.signing_world import SigningWorld


def on(signed: SigningWorld, copy: Copy) -> SealOnCopy:
    with signed.database.reading() as work:
        (seal,) = seals_on(work, copy.id)
    return seal


def verified(signed: SigningWorld, copy: Copy) -> SealSignature:
    der = signed.objects.get(on(signed, copy).signature_sha256)
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
    other = signing_world.objects.get(on(signing_world, copies[0]).signature_sha256)
    with pytest.raises(SealObjectForged):
        verify_seal_signature(
            other, data_digest=bytes.fromhex(copies[1].rendition_sha256), makers=signing_world.ceremony.keys.key_list
        )


def test_openssl_proves_the_holders_signature(sqlite_signing_world: SigningWorld, tmp_path: Path):
    (copy,) = sqlite_signing_world.issued()
    read = read_seal_signature(sqlite_signing_world.objects.get(on(sqlite_signing_world, copy).signature_sha256))
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
