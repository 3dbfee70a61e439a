"""Key work on an installation of its own: two officers, signed transcripts, certificates, PIN, backup and drill."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tomllib
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from typer.testing import CliRunner, Result

from printserver.bootstrap import build, read_key_list, read_key_overview
from printserver.cli.init import DEMO_PLAN
from printserver.cli.main import app
from printserver.foundation.clock import SystemClock
from printserver.foundation.job_queue import RecordedJobs
from printserver.organisations.queries import organisations
from printserver.seals.queries import seals_of
from printserver.settings import HOME_VARIABLE, Settings
from printserver.signer import wrapping_steps
from printserver.signer.ceremony_plan import PlanMalformed
from printserver.signer.daemon import open_keys
from printserver.signer.first_objects import first_objects
from printserver.signer.keys import SigningKeys
from printserver.signer.later_plan import read_later_plan
from printserver.signer.trust_watch import state_of
from printserver.signing.errors import KeyNotValid, SealMakerUnknown, TranscriptRefused
from printserver.signing.evidence import Decision, EvidenceClaims, verify_evidence
from printserver.signing.key_list_history import read_history
from printserver.signing.key_overview import Standing
from printserver.signing.published_key import KeyUsage
from printserver.signing.seal_ca import issue_holder_certificate
from printserver.signing.seal_object import SealFacts, SealPicture, make_seal_object, verify_seal_object
from printserver.signing.transcripts import read_transcripts, verify_transcript
from tests.key_installation import RENEWAL, Installation, home, template
from tests.outside_authorities import outside_authorities
from tests.world_building import cheap_passwords

RENEWED = (KeyUsage.ATTESTATION, KeyUsage.SEAL_MAKER, KeyUsage.SEAL_CA)
__all__ = ["home", "template"]


def test_a_new_installation_has_nothing_to_renew(home: Installation):
    said = home.say("list")
    assert said.exit_code == 0, said.output
    assert "RENEW" not in said.output
    assert {line["thing"] for line in json.loads(home.say("list", "--json").stdout)} == {
        "key", "root", "revocation-list",
    }  # fmt: skip


def test_a_renewal_by_two_officers_makes_a_new_key_and_a_signed_transcript(home: Installation):
    old = home.key_list
    before = state_of(home.settings)
    said = home.ceremony(RENEWAL)
    assert said.exit_code == 0, said.output
    new = home.key_list
    assert new.sequence == old.sequence + 1
    assert set(old.keys) < set(new.keys)
    (added,) = set(new.keys) - set(old.keys)
    assert added.usage is KeyUsage.PDF
    keys = open_keys(home.settings)
    chain, sign = keys.pdf()
    assert chain[0] == added.x509_certificate()
    assert len(sign(b"message")) == 384
    keys.hsm.close()
    first, transcript = read_transcripts(home.settings.transcripts, new.root_certificate)
    assert ("nobody was there" in first.title, first.officers) == (True, ())
    assert [officer.login for officer in transcript.officers] == ["officer", "second"]
    assert [(done.what, done.key_id, done.label) for done in transcript.done] == [("renew", added.key_id, "pdf.2")]
    assert transcript.plan == RENEWAL
    assert transcript.key_list_sha256 == sha256(home.settings.key_list.read_bytes()).hexdigest()
    assert "KeyCeremonyHeld" in home.events()
    assert state_of(home.settings) != before
    assert "何一 (officer)" in home.say("transcripts").output


def test_attestation_seal_maker_and_seal_ca_are_renewed_and_what_the_old_ones_signed_stays_good(home: Installation):
    old, claims = home.key_list, decision()
    adapters = build(home.settings, jobs=RecordedJobs())
    before = adapters.attestor.attest(claims)
    steps = "".join(f'[[steps]]\ndo = "renew"\nusage = "{usage}"\n' for usage in RENEWED)
    said = home.ceremony(RENEWAL[: RENEWAL.index("[[steps]]")] + steps)
    assert said.exit_code == 0, said.output
    new = home.key_list
    added = {key.usage: key for key in set(new.keys) - set(old.keys)}
    assert set(old.keys) < set(new.keys)
    assert set(added) == set(RENEWED)
    later = replace(claims, decided_at=added[KeyUsage.ATTESTATION].not_before)
    assert adapters.attestor.key.key_id == added[KeyUsage.ATTESTATION].key_id
    assert verify_evidence(before, new) == claims
    assert verify_evidence(adapters.attestor.attest(later), new) == later
    with adapters.database.reading() as work:
        (seal,) = (each for company in organisations(work) for each in seals_of(work, company.id))
    with first_objects(home.settings) as objects:
        verify_seal_object(objects.get(seal.object_sha256, seal.organisation_id), new, claims.decided_at)
    keys = open_keys(home.settings)
    assert keys.seal_maker()[0] == added[KeyUsage.SEAL_MAKER].x509_certificate()
    assert keys.seal_ca()[0] == added[KeyUsage.SEAL_CA].x509_certificate()
    made = seal_made_by(keys, later.decided_at)
    verify_seal_object(made, new, later.decided_at)
    with pytest.raises(SealMakerUnknown):
        verify_seal_object(made, old, later.decided_at)
    keys.hsm.close()
    adapters.database.engines.dispose()
    assert home.settings.attestation_key.stat().st_mode & 0o777 == 0o600
    assert sorted(file.name for file in home.settings.web_home.iterdir()) == ["attestation-key.pem", "secret"]


def decision() -> EvidenceClaims:
    return EvidenceClaims(
        manifest_sha256="0" * 64,
        request_id=str(uuid4()),
        organisation=1,
        person_id=str(uuid4()),
        step="law",
        decision=Decision.APPROVED,
        decided_at=SystemClock().now().replace(microsecond=0),
    )


def seal_made_by(keys: SigningKeys, at: datetime) -> bytes:
    """A seal of the token's seal maker, with a holder that the token's seal CA has certified."""
    ca, certify = keys.seal_ca()
    maker, sign = keys.seal_maker()
    (holder_key,) = keys.key_list.of_usage(KeyUsage.SEAL)
    holder = issue_holder_certificate(
        ca,
        certify,
        spki=holder_key.spki,
        common_name="S",
        serial_text="0123456789ab",
        not_before=at,
        not_after=at + timedelta(days=30),
    )
    facts = SealFacts("0123456789ab", "tests", 1, "S", at, at, at + timedelta(days=30))
    return make_seal_object(facts, SealPicture(b"%PDF-1.7", 40, 40), [holder], maker, sign)


def test_revocation_is_published_in_both_lists_and_the_key_signs_no_more(home: Installation):
    (code,) = home.key_list.of_usage(KeyUsage.CODE)
    text = (
        RENEWAL[: RENEWAL.index("[[steps]]")] + f'[[steps]]\ndo = "revoke"\nkey_id = "{code.key_id}"\nreason = "lost"\n'
    )
    assert home.ceremony(text).exit_code == 0
    (revoked,) = home.key_list.of_usage(KeyUsage.CODE)
    assert revoked.revoked_at is not None
    published = home.settings.key_list.read_bytes()
    history = read_history(home.settings.earlier_key_lists, published, root_fingerprint=home.key_list.root_fingerprint)
    assert [kept.sequence for kept in history] == [2, 1]
    assert [(each.key_id, each.reason) for each in history[0].revoked] == [(code.key_id, "lost")]
    said = subprocess.run(
        ["openssl", "crl", "-inform", "DER", "-noout", "-text"],
        input=home.settings.root_revocation_list.read_bytes(), capture_output=True, check=True,
    )  # fmt: skip
    assert f"{revoked.x509_certificate().serial_number:X}" in said.stdout.decode()
    keys = open_keys(home.settings)
    with pytest.raises(KeyNotValid):
        keys.code(1)
    keys.hsm.close()


@pytest.mark.parametrize(
    ("text", "logins", "digest"),
    [
        (RENEWAL, ("officer", "clerk"), ""),
        (RENEWAL.replace('"second"', '"clerk"'), ("officer", "clerk"), ""),
        (RENEWAL.replace('"officer", "second"', '"officer", "officer"'), ("officer", "officer"), ""),
        (RENEWAL.replace('"officer", "second"', '"officer"'), ("officer",), ""),
        (RENEWAL, ("officer", "second"), "00000000"),
        (RENEWAL.replace('"pdf"', '"seal"'), ("officer", "second"), ""),
        (RENEWAL.replace('do = "renew"', 'do = "revoke"\nkey_id = "ffffffff"\nreason = "lost"')
         .replace('usage = "pdf"\nyears = 2\n', ""), ("officer", "second"), ""),
    ],
    ids=["wrong password", "no officer", "twice the same", "alone", "other file", "no such use", "no such key"],
)  # fmt: skip
def test_a_ceremony_without_two_officers_who_read_this_very_file_changes_nothing(
    home: Installation, text: str, logins: tuple[str, ...], digest: str
):
    before = home.state()
    said = home.ceremony(text, logins=logins, digest=digest)
    assert said.exit_code == 2, said.output
    assert home.state() == before
    assert len(list(home.settings.transcripts.iterdir())) == 1


def test_a_ceremony_without_the_offline_root_changes_nothing(home: Installation):
    before = home.state()
    home.settings.offline_root.rename(home.settings.home / "taken-away")
    assert home.ceremony(RENEWAL).exit_code == 2
    assert home.state() == before


def test_transcripts_form_a_row_that_nobody_shortens_or_changes(home: Installation):
    for _ in range(2):
        assert home.ceremony(RENEWAL).exit_code == 0
    root = home.key_list.root_certificate
    _, first, second = sorted(home.settings.transcripts.glob("*.json"))
    verify_transcript(second.read_bytes(), root)
    changed = first.read_bytes().replace("何一".encode(), "何二".encode())
    with pytest.raises(TranscriptRefused):
        verify_transcript(changed, root)
    first.unlink()
    assert home.say("transcripts").exit_code == 2
    before = home.state()
    assert home.ceremony(RENEWAL).exit_code == 2
    assert home.state() == before


def test_a_stopped_key_is_used_no_more_from_the_next_start(home: Installation):
    (pdf,) = home.key_list.of_usage(KeyUsage.PDF)
    before = state_of(home.settings)
    assert home.say("stop", pdf.key_id, "--reason", "the HSM's room stood open").exit_code == 0
    assert state_of(home.settings) != before
    keys = open_keys(home.settings)
    with pytest.raises(KeyNotValid):
        keys.pdf()
    keys.tree_head_id()
    keys.hsm.close()
    assert home.events()[-1] == "KeyStopped"
    assert home.say("stop", "ffffffff", "--reason", "x").exit_code == 2


def test_an_outside_authority_certifies_a_key_of_the_hsm(home: Installation, tmp_path: Path):
    (pdf,) = home.key_list.of_usage(KeyUsage.PDF)
    request = tmp_path / "request.pem"
    assert home.say("request", pdf.key_id, str(request), "--name", "示例合同有限公司").exit_code == 0
    said = subprocess.run(
        ["openssl", "req", "-in", str(request), "-verify", "-noout", "-subject", "-nameopt", "utf8"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "verify OK" in said.stdout + said.stderr
    folder = tmp_path / "outside"
    folder.mkdir()
    with outside_authorities(folder, pdf.spki) as outside:
        write_chain(tmp_path / "root.pem", [outside.root])
        roots = {"PRINTSERVER_OUTSIDE_ROOTS": json.dumps([str(tmp_path / "root.pem")])}
        write_chain(tmp_path / "chain.pem", outside.chain("good")[:2])
        refused = home.say("import", pdf.key_id, str(tmp_path / "chain.pem"))
        assert (refused.exit_code, home.settings.imported_certificates.exists()) == (2, False)
        taken = home.say("import", pdf.key_id, str(tmp_path / "chain.pem"), **roots)
        assert taken.exit_code == 0, taken.output
        keys = open_keys(home.settings)
        chain, _ = keys.pdf()
        assert chain == tuple(outside.chain("good"))
        keys.hsm.close()
        (code,) = home.key_list.of_usage(KeyUsage.CODE)
        for key_id, names in (
            (code.key_id, ["good"]),
            (pdf.key_id, ["expired"]),
            (pdf.key_id, ["root"]),
            (pdf.key_id, ["clock"]),
        ):
            write_chain(tmp_path / "bad.pem", [outside.certificate(name) for name in names])
            assert home.say("import", key_id, str(tmp_path / "bad.pem"), **roots).exit_code == 2
        assert [path.stem for path in home.settings.imported_certificates.iterdir()] == [pdf.key_id]


def write_chain(path: Path, chain: list[Any]) -> None:
    from cryptography.hazmat.primitives import serialization

    path.write_bytes(b"".join(each.public_bytes(serialization.Encoding.PEM) for each in chain))


def test_what_runs_out_is_called_for_at_90_30_and_7_days(home: Installation):
    settings = home.settings
    (pdf,) = home.key_list.of_usage(KeyUsage.PDF)

    def line(days: float) -> Any:
        at = pdf.not_after - timedelta(days=days)
        return next(each for each in read_key_overview(settings, at) if each.name == pdf.key_id)

    assert [line(days).stage for days in (91, 90, 31, 30, 8, 7, 0.5, -0.1)] == [None, 90, 90, 30, 30, 7, 7, 0]
    assert line(-0.1).standing is Standing.EXPIRED
    assert home.ceremony(RENEWAL.replace("years = 2", "years = 10")).exit_code == 0
    assert (line(30).stage, line(30).standing) == (None, Standing.RENEWED)
    assert replace(line(91)).standing is Standing.VALID


def test_a_first_ceremony_is_held_by_the_two_officers_of_its_file(tmp_path: Path):
    text = DEMO_PLAN.read_text("utf-8").partition("[[printers]]")[0]
    file, home = tmp_path / "plan.toml", tmp_path / "home"
    file.write_text(text, "utf-8")
    digits = sha256(text.encode()).hexdigest()[:8]

    def init(typed: str) -> Result:
        return CliRunner().invoke(app, ["init", str(file)], input=typed, env={HOME_VARIABLE: str(home)})

    assert init(f"{digits}\n00000000\n").exit_code == 2
    file.write_text(text.replace('officers = ["officer", "second-officer"]', ""), "utf-8")
    assert "plan-malformed" in init("").output
    assert not home.exists()
    file.write_text(text, "utf-8")
    with cheap_passwords():
        said = init(f"{digits}\n{digits}\n")
    assert said.exit_code == 0, said.output
    settings = Settings(home=home)
    assert set(tomllib.loads(settings.file.read_text("utf-8"))["second_factor_roles"]) == {
        "approver",
        "custodian",
        "key-officer",
        "seal-administrator",
        "system-administrator",
    }
    (transcript,) = read_transcripts(settings.transcripts, read_key_list(settings).root_certificate)
    assert [officer.login for officer in transcript.officers] == ["officer", "second-officer"]
    assert transcript.plan == text
    assert {done.key_id for done in transcript.done} == {key.key_id for key in read_key_list(settings).keys}


NEXT_WRAPPING = RENEWAL[: RENEWAL.index("[[steps]]")] + '[[steps]]\ndo = "renew-key-encryption"\n'
DESTROYED = NEXT_WRAPPING.replace("renew-key-encryption", "destroy-key-encryption") + "generation = 1\n"
KILLED_AT_THE_VAULT = """
import os, pathlib, signal
from printserver.cli.main import app
replace = pathlib.Path.replace
def killed(file, target):
    return os.kill(os.getpid(), signal.SIGKILL) if target.name == "vault" else replace(file, target)
pathlib.Path.replace = killed
app(["keys", "rewrap", "--backed-up"])
"""


def test_the_key_encryption_key_is_renewed_everything_wrapped_anew_and_the_old_one_destroyed(
    home: Installation, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    """Also that a backup from before the renewal fails its drill, and that a process that is killed loses nothing."""
    monkeypatch.setattr(wrapping_steps, "ON_THEIR_WAY", timedelta(0))
    stored, before = stored_contents(home.settings), str(tmp_path / "before")
    (tmp_path / "passphrase").write_text("correct horse battery staple\n")
    by = ("--passphrase-file", str(tmp_path / "passphrase"))
    assert home.say("backup", before, *by).exit_code == 0
    said = home.ceremony(NEXT_WRAPPING)
    assert said.exit_code == 0, said.output
    drilled = home.say("drill", before, *by)
    assert (drilled.exit_code, "a ceremony has made it, but it is not there" in drilled.output) == (1, True)
    assert "key-encryption.2                  key-encryption wraps" in home.say("drill").output
    assert home.say("rewrap", typed="n\n").exit_code == 1
    killed = subprocess.run([sys.executable, "-c", KILLED_AT_THE_VAULT], env=os.environ | home.variables, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert stored_contents(home.settings) == stored
    still = home.ceremony(DESTROYED)
    assert (still.exit_code, "key-encryption still wraps a key: vault" in still.output) == (2, True), still.output
    assert {"key-encryption", "key-encryption.2"} < set(home.state()[2])
    said = home.say("rewrap", typed="y\n")
    assert (said.exit_code, "1 keys were wrapped anew" in said.output) == (0, True), said.output
    assert "key-encryption.2         wraps 1 keys" in home.say("rewrap", "--preview").output
    assert home.ceremony(DESTROYED).exit_code == 0
    assert "key-encryption" not in home.state()[2]
    assert stored_contents(home.settings) == stored
    told = [each for each in home.events() if "KeyEncryptionKey" in each or each == "WrappedKeysRenewed"]
    assert told == ["KeyEncryptionKeyRenewed", *["WrappedKeysRenewed"] * 2, "KeyEncryptionKeyDestroyed"]


def stored_contents(settings: Settings) -> dict[str, bytes]:
    """As a process reads them that has asked nobody for a key yet."""
    adapters = build(settings, jobs=RecordedJobs())
    with adapters.database.reading() as work:
        owners = [each.id for each in organisations(work)]
    adapters.database.engines.dispose()
    with first_objects(settings) as objects:
        return {digest: objects.get(digest, owner) for owner in owners for digest in objects.digests(owner)}


@pytest.mark.parametrize("text", [NEXT_WRAPPING, DESTROYED])
def test_what_a_ceremony_does_to_the_key_encryption_key_stands_alone_in_its_file(text: str, tmp_path: Path):
    file = tmp_path / "plan.toml"
    file.write_text(text)
    assert len(read_later_plan(file)[0].steps) == 1
    file.write_text(f'{text}[[steps]]\ndo = "refresh"\n')
    with pytest.raises(PlanMalformed, match="stands alone"):
        read_later_plan(file)
