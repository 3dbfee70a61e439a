"""A seal is made once, for an order of the register alone; a crash in the middle goes on where it stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from cryptography import x509

from printserver.rendering.seal_artwork import draw_company_seal
from printserver.signer.ceremony_plan import CeremonyPlan
from printserver.signer.daemon import Signer
from printserver.signer.key_ceremony import hold
from printserver.signer.keys import SigningKeys, seal_label
from printserver.signer.seal_making import SealMaking
from printserver.signing.errors import HsmKeyMissing, HsmUnavailable, SealObjectForged, SealOrderRefused
from printserver.signing.p256 import sign_message, verify_raw
from printserver.signing.published_key import KeyUsage
from printserver.signing.register_journal import RegisterJournal, begin_register
from printserver.signing.seal_makers import Vouched
from printserver.signing.seal_object import verify_seal_object
from printserver.signing.seal_signature import sign_with_seal, verify_seal_signature
from printserver.signing.statements import Statement, StatementKind
from printserver.signing.token_setup import read_pin
from printserver.signing.trust import OfflineRoot
from printserver.storage.objects import ObjectChanged, Objects
from tests.databases import FakeClock
from tests.sealed_store import content_file, sealed_store
from tests.signing_world import NUMBER, PLAN, CountingHsm, ceremony_settings, key_list_of, token_of

YEAR = timedelta(days=365)
CLIENT = 4711


@dataclass
class Workshop:
    """A token of its own, and a register that may order what a test says."""

    keys: SigningKeys
    root: OfflineRoot
    folder: Path
    now: datetime
    registers: list[RegisterJournal] = field(default_factory=list)
    owner: UUID = field(default_factory=uuid4)

    def object_file(self, digest: str) -> Path:
        return content_file(self.folder / "objects", self.owner, digest)

    @property
    def hsm(self) -> CountingHsm:
        assert isinstance(self.keys.hsm, CountingHsm)
        return self.keys.hsm

    @property
    def objects(self) -> Objects:
        return sealed_store(self.folder)

    def order(self, **changes: Any) -> dict[str, Any]:
        artwork = self.objects.put(draw_company_seal("示例合同有限公司", "3100000000001"), self.owner)
        return {
            "seal_id": str(uuid4()),
            "code_id": uuid4().hex[:12],
            "name": "示例合同有限公司合同专用章",
            "type": "contract",
            "artwork_sha256": artwork,
            "width_mm": 40,
            "height_mm": 40,
            "valid_from": self.now.isoformat(),
            "valid_until": (self.now + YEAR).isoformat(),
            "path": f"/{uuid4()}/",
            "registration_number": "",
            "data": {},
        } | changes

    def making(self, *bodies: tuple[StatementKind, dict[str, Any]], keys: SigningKeys | None = None) -> SealMaking:
        """With a register that says exactly this."""
        file = self.folder / f"register-{uuid4()}" / "register.jsonl"
        file.parent.mkdir()
        statements = [Statement(str(uuid4()), NUMBER, kind, body, self.now) for kind, body in bodies]
        begin_register(file, statements, sign=self.root.sign, at=self.now)
        self.registers.append(RegisterJournal(file, self.root.key.public_key()))
        made = self.folder / "made-seals"
        return SealMaking(
            self.objects, keys or self.keys, self.registers[-1], made, lambda: self.now, lambda _number: self.owner
        )


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    folder = tmp_path_factory.mktemp("seal-making")
    settings, now = ceremony_settings(folder / "home"), FakeClock().now()
    held = hold(settings, CeremonyPlan.model_validate(PLAN), now - timedelta(1))
    hsm = CountingHsm(token_of(settings), pin=read_pin(settings.pin_file))
    (folder / "objects").mkdir()
    made = Workshop(SigningKeys(hsm, key_list_of(settings)), held.root, folder, now)
    yield made
    for register in made.registers:
        register.close()
    hsm.close()


ORDER, SEAL = StatementKind.SEAL_ORDER, StatementKind.SEAL


def seal_id(order: dict[str, Any]) -> UUID:
    return UUID(order["seal_id"])


def test_an_ordered_seal_is_made_of_the_ordered_picture_by_the_internal_maker(workshop: Workshop):
    order = workshop.order()
    digest = workshop.making((ORDER, order)).make(NUMBER, seal_id(order))
    made = verify_seal_object(workshop.objects.get(digest, workshop.owner), workshop.keys.key_list, workshop.now)
    assert made.vouched is Vouched.INTERNAL
    assert (made.version, made.facts.seal_id, made.facts.name) == (4, order["code_id"], order["name"])
    assert (made.facts.valid_from, made.facts.valid_to) == (workshop.now, workshop.now + YEAR)
    assert made.picture.data == workshop.objects.get(order["artwork_sha256"], workshop.owner)
    assert (made.picture.width_mm, made.picture.height_mm, made.facts.seal_type) == (40, 40, 1)


def test_the_holders_key_stays_in_the_token_and_its_certificate_comes_from_the_seal_ca(workshop: Workshop):
    order = workshop.order(type="personal", width_mm=18, height_mm=18)
    digest = workshop.making((ORDER, order)).make(NUMBER, seal_id(order))
    made = verify_seal_object(workshop.objects.get(digest, workshop.owner), workshop.keys.key_list, workshop.now)
    assert made.facts.seal_type == 2
    holder = x509.load_der_x509_certificate(made.holder_certificates[0])
    (ca,) = workshop.keys.key_list.of_usage(KeyUsage.SEAL_CA)
    holder.verify_directly_issued_by(ca.x509_certificate())
    label = seal_label(order["code_id"])

    def sign(message_digest: bytes) -> bytes:
        return workshop.hsm.sign_p256(label, message_digest)

    used = sign_with_seal(
        workshop.objects.get(digest, workshop.owner),
        data_sha256=bytes(32),
        holder_certificate=holder,
        sign=sign,
        at=workshop.now,
        property_info="test",
    )
    verify_seal_signature(used, data_digest=bytes(32), makers=workshop.keys.key_list)
    assert label in workshop.hsm.labels()


def test_a_second_ask_answers_the_same_object_and_signs_nothing(workshop: Workshop):
    order = workshop.order()
    making = workshop.making((ORDER, order))
    before = workshop.hsm.signatures
    digest = making.make(NUMBER, seal_id(order))
    assert workshop.hsm.signatures - before == 2
    workshop.object_file(digest).unlink()
    assert making.make(NUMBER, seal_id(order)) == digest
    assert workshop.hsm.signatures - before == 2
    assert workshop.objects.get(digest, workshop.owner)


class Dying(CountingHsm):
    """Goes away before its n-th signature."""

    def __init__(self, whole: CountingHsm, after: int) -> None:
        vars(self).update(vars(whole))
        self._left = after

    def sign_p256(self, label: str, digest: bytes) -> bytes:
        if self._left == 0:
            raise HsmUnavailable("gone")
        self._left -= 1
        return super().sign_p256(label, digest)


@pytest.mark.parametrize("after", [0, 1])
def test_a_crash_between_key_and_object_goes_on_with_the_same_key(workshop: Workshop, after: int):
    order = workshop.order()
    label = seal_label(order["code_id"])
    dying = SigningKeys(Dying(workshop.hsm, after), workshop.keys.key_list)
    with pytest.raises(HsmUnavailable):
        workshop.making((ORDER, order), keys=dying).make(NUMBER, seal_id(order))
    key = workshop.hsm.public_spki(label)
    digest = workshop.making((ORDER, order)).make(NUMBER, seal_id(order))
    assert workshop.hsm.public_spki(label) == key
    made = verify_seal_object(workshop.objects.get(digest, workshop.owner), workshop.keys.key_list, workshop.now)
    assert made.facts.seal_id == order["code_id"]


def refused(workshop: Workshop, making: SealMaking, kind: type[Exception], organisation: int, which: UUID) -> None:
    labels, signatures = workshop.hsm.labels(), workshop.hsm.signatures
    with pytest.raises(kind):
        making.make(organisation, which)
    assert (workshop.hsm.labels(), workshop.hsm.signatures) == (labels, signatures)


def test_nothing_is_made_that_the_register_does_not_order(workshop: Workshop):
    order = workshop.order()
    making = workshop.making((ORDER, order))
    refused(workshop, making, SealOrderRefused, NUMBER, uuid4())
    refused(workshop, making, SealOrderRefused, NUMBER + 1, seal_id(order))


@pytest.mark.parametrize(
    "changes",
    [
        lambda now: {"valid_until": now.isoformat(), "valid_from": (now - YEAR).isoformat()},
        lambda now: {"valid_from": (now + YEAR).isoformat(), "valid_until": (now + YEAR).isoformat()},
    ],
)
def test_a_seal_that_would_be_over_is_not_made(workshop: Workshop, changes: Callable[[datetime], dict[str, str]]):
    order = workshop.order(**changes(workshop.now))
    refused(workshop, workshop.making((ORDER, order)), SealOrderRefused, NUMBER, seal_id(order))


def test_artwork_that_was_changed_since_it_was_ordered_makes_no_seal(workshop: Workshop):
    order = workshop.order(artwork_sha256=workshop.objects.put(b"%PDF-1.7 another picture", workshop.owner))
    file = workshop.object_file(order["artwork_sha256"])
    file.write_bytes(b"%PDF-1.7 yet another one")
    refused(workshop, workshop.making((ORDER, order)), ObjectChanged, NUMBER, seal_id(order))


def described(order: dict[str, Any], state: str) -> dict[str, Any]:
    return {
        "seal_id": order["seal_id"],
        "code_id": order["code_id"],
        "object_sha256": "0" * 64,
        "type": order["type"],
        "custodians": [str(uuid4())],
        "owner": None,
        "state": state,
        "evidence": "attested",
        "classes": [],
        "uses_limit": None,
        "path": order["path"],
    }


@pytest.mark.parametrize("state", ["revoked", "destroyed"])
def test_a_seal_that_has_ended_is_not_made_any_more(workshop: Workshop, state: str):
    order = workshop.order()
    making = workshop.making((ORDER, order), (SEAL, described(order, state)))
    refused(workshop, making, SealOrderRefused, NUMBER, seal_id(order))


def test_what_was_kept_and_changed_since_is_not_handed_out(workshop: Workshop):
    order = workshop.order()
    making = workshop.making((ORDER, order))
    making.make(NUMBER, seal_id(order))
    file = making.folder / f"{order['seal_id']}.der"
    file.write_bytes(file.read_bytes().replace("合同专用章".encode(), "财务专用章".encode()))
    refused(workshop, making, SealObjectForged, NUMBER, seal_id(order))


def test_without_a_seal_ca_no_seal_is_made(workshop: Workshop):
    """As in an installation whose ceremony was before there was one."""
    order = workshop.order()

    class Without(CountingHsm):
        def __init__(self, whole: CountingHsm) -> None:
            vars(self).update(vars(whole))

        def labels(self) -> list[str]:
            return [label for label in super().labels() if label != "seal-ca"]

    keys = SigningKeys(Without(workshop.hsm), workshop.keys.key_list)
    refused(workshop, workshop.making((ORDER, order), keys=keys), HsmKeyMissing, NUMBER, seal_id(order))


def test_a_destroyed_seals_key_is_gone_and_never_signs_again(workshop: Workshop):
    order = workshop.order()
    making = workshop.making((ORDER, order))
    making.make(NUMBER, seal_id(order))
    label = seal_label(order["code_id"])
    workshop.hsm.sign_p256(label, bytes(32))
    ended = workshop.making((ORDER, order), (SEAL, described(order, "destroyed")))
    assert ended.destroy_key(NUMBER, seal_id(order)) is True
    assert label not in workshop.hsm.labels()
    with pytest.raises(HsmKeyMissing):
        workshop.hsm.sign_p256(label, bytes(32))
    assert ended.destroy_key(NUMBER, seal_id(order)) is False


@pytest.mark.parametrize("state", ["active", "suspended", "sealed-up", "revoked"])
def test_the_key_of_any_other_seal_stays(workshop: Workshop, state: str):
    order = workshop.order()
    workshop.making((ORDER, order)).make(NUMBER, seal_id(order))
    making = workshop.making((ORDER, order), (SEAL, described(order, state)))
    with pytest.raises(SealOrderRefused):
        making.destroy_key(NUMBER, seal_id(order))
    with pytest.raises(SealOrderRefused):
        making.destroy_key(NUMBER, uuid4())
    message = b"still here"
    signature = sign_message(lambda digest: workshop.hsm.sign_p256(seal_label(order["code_id"]), digest), message)
    key = x509.load_der_x509_certificate(
        verify_seal_object(
            (making.folder / f"{order['seal_id']}.der").read_bytes(), workshop.keys.key_list, workshop.now
        ).holder_certificates[0]
    ).public_key()
    verify_raw(key, signature, message)  # type: ignore[arg-type]  # a P-256 key


def test_only_clients_have_seals_made(workshop: Workshop):
    order = workshop.order()
    nothing: Any = None
    signer = Signer(nothing, nothing, frozenset({CLIENT}), making=workshop.making((ORDER, order)))
    for do in ("make-seal", "destroy-seal-key"):
        asked = {"do": do, "organisation": NUMBER, "seal_id": order["seal_id"]}
        assert signer.answer(asked, CLIENT + 1)["code"] == "forbidden"
        assert signer.answer({**asked, "organisation": "1"}, CLIENT)["code"] == "malformed"
        assert signer.answer({**asked, "seal_id": "../x"}, CLIENT)["code"] == "malformed"
    made = signer.answer({"do": "make-seal", "organisation": NUMBER, "seal_id": order["seal_id"]}, CLIENT)
    assert workshop.objects.get(made["object_sha256"], workshop.owner)
    again = signer.answer({"do": "destroy-seal-key", "organisation": NUMBER, "seal_id": order["seal_id"]}, CLIENT)
    assert again["code"] == "seal-order-refused"
