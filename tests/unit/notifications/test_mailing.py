"""Who is mailed, of what, in which language, how often; and what nobody wants is not sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from email.message import EmailMessage
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from printserver.archive.fixity_events import ArchiveDamageFound
from printserver.archive.holds import hold_record
from printserver.archive.retention_events import DisposalStopped, RecordKept
from printserver.audit.log import By, append
from printserver.foundation.errors import PrintServerError
from printserver.foundation.ids import new_id
from printserver.notifications.mail_kinds import MailKind
from printserver.notifications.mail_reminders import remind
from printserver.notifications.mailing import (
    MailPreferenceMalformed,
    MailTools,
    Preferences,
    choose_preferences,
    preferences,
    send_due,
)
from printserver.notifications.models import Mail
from printserver.notifications.outbox import read_log
from printserver.notifications.smtp import MailRefused, MailServerUnreachable, MailUncertain
from printserver.organisations.addressees import own_email, set_own_email
from printserver.organisations.email_address import EmailMalformed
from printserver.organisations.identity_proof import Method, ProofAction
from printserver.organisations.identity_proof_steps import ProofStep, take_proof_step
from printserver.organisations.models import User
from printserver.organisations.permissions import Role
from printserver.print_requests import flows, service
from printserver.print_requests.owed_reminders import tell_owed
from printserver.print_requests.paper_models import OwedReturn
from printserver.printing.outcome import Outcome
from tests.http.identity_things import identity_at
from tests.http.scene import count_alarm_at
from tests.sequenced import sequence
from tests.world import World


@dataclass
class Outbox:
    """A mail server that takes what it is given, unless it is told to fail."""

    sent: list[EmailMessage] = field(default_factory=list)
    fails: PrintServerError | None = None

    def send(self, message: EmailMessage) -> None:
        if self.fails is not None:
            raise self.fails
        self.sent.append(message)


@dataclass
class Post:
    world: World
    server: Outbox = field(default_factory=Outbox)

    @property
    def tools(self) -> MailTools:
        return MailTools(self.world.database, self.server, "print@example.com", "https://p.example", "zh")

    def begin(self) -> None:
        """Everybody has an address; what is past is not told."""
        with self.world.database.work() as work:
            for user in work.session.scalars(select(User)):
                user.email = f"{user.login}@example.com"
        sequence(self.world.database)
        read_log(self.world.database, with_mails=True)

    def read(self) -> list[tuple[str, str]]:
        """Kind and reader of each mail that was made, in their order."""
        sequence(self.world.database)
        while read_log(self.world.database, with_mails=True):
            pass
        with self.world.database.reading() as work:
            rows = work.session.execute(
                select(Mail.kind, User.login).join(User, User.id == Mail.user_id).order_by(Mail.id)
            )
            return [(kind, login.removesuffix("-1")) for kind, login in rows]

    def facts(self, kind: MailKind) -> list[Mapping[str, object]]:
        with self.world.database.reading() as work:
            return [row.facts for row in work.session.scalars(select(Mail).where(Mail.kind == kind))]

    def send(self) -> list[str]:
        """The addresses that mails went to."""
        before = len(self.server.sent)
        send_due(self.tools)
        return [str(message["To"].addresses[0].addr_spec) for message in self.server.sent[before:]]

    def state(self) -> str:
        with self.world.database.reading() as work:
            return work.session.scalars(select(Mail.state)).one()


@pytest.fixture
def post(world: World) -> Post:
    made = Post(world)
    made.begin()
    return made


@pytest.fixture
def any_post(any_world: World) -> Post:
    made = Post(any_world)
    made.begin()
    return made


def test_who_may_decide_is_told_once_and_the_applicant_of_the_end(any_post: Post):
    any_post.world.pending()
    waits = any_post.read()
    assert set(waits) == {("waits", "approver-north"), ("waits", "approver-head-office")}
    assert any_post.read() == waits
    assert sorted(any_post.send()) == ["approver-head-office-1@example.com", "approver-north-1@example.com"]
    assert any_post.send() == []


def test_the_custodian_is_told_when_it_is_her_turn_and_the_applicant_when_copies_can_be_released(post: Post):
    post.world.in_custody()
    assert ("waits", "custodian-north") in post.read()
    post.world.issued()
    assert post.read()[-2:] == [("decided", "clerk-north"), ("issued", "clerk-north")]


def test_who_seals_by_hand_is_told_and_reminded_and_the_applicant_once_it_is_done(post: Post):
    world = post.world
    request_id = world.pending(class_code="marriage")
    digest = world.manifest_sha256(request_id)
    with world.database.work() as work:
        approver = world.actor(work, Role.APPROVER)
        flows.approve_request(work, approver, world.adapters.attestor, request_id, manifest_sha256=digest)
    assert ("waits", "custodian-north") in post.read()
    with world.database.work() as work:
        service.urge_request(work, world.actor(work, Role.CLERK), request_id)
    assert ("urged", "custodian-north") in post.read()
    world.clock.advance(60)
    with world.database.work() as work:
        custodian = world.actor(work, Role.CUSTODIAN)
        flows.record_sealing_by_hand(work, custodian, request_id, papers=1, sealed_at=work.now())
    assert post.read()[-1] == ("decided", "clerk-north")
    post.send()
    assert "已实体用印" in str(post.server.sent[-1]["Subject"])


def test_all_printed_is_one_mail_and_a_void_copy_is_told_to_its_applicant_and_custodian(post: Post):
    post.world.printed(copies=2)
    made = post.read()
    assert made.count(("printed", "clerk-north")) == 1
    post.world.voided()
    told = [reader for kind, reader in post.read() if kind == "copy-void"]
    assert sorted(told) == ["clerk-north", "custodian-north"]


def test_all_printed_is_told_although_the_electronic_original_never_comes_to_paper(post: Post):
    post.world.printed(electronic=True)
    assert ("printed", "clerk-north") in post.read()


def test_alarms_go_to_those_who_settle_them(post: Post):
    post.world.printed(outcome=Outcome.OUTCOME_UNKNOWN)
    assert ("alarm", "printer-administrator-north") in post.read()
    count_alarm_at(post.world)
    told = {reader for kind, reader in post.read() if kind == "alarm"}
    assert {"auditor-north", "auditor-head-office", "printer-administrator-head-office"} <= told
    assert not [reader for reader in told if "south" in reader or "clerk" in reader]


def test_damage_to_the_archive_is_told_once_a_day_to_those_who_look_after_it(post: Post):
    world = post.world
    record_id = world.archived()
    post.read()

    def damage() -> list[tuple[str, str]]:
        with world.database.work() as work:
            found = ArchiveDamageFound(
                id=record_id, number="2026-000001", missing=("a" * 64,), changed=(), unreadable=()
            )
            append(work, By(world.home.id, process="worker"), found)
        return sorted(each for each in post.read() if each[0] == "alarm")

    first = damage()
    told = {reader for _, reader in first}
    assert {"archivist-north", "auditor-head-office", "system-administrator-head-office"} <= told
    assert not [reader for reader in told if "south" in reader or "clerk" in reader]
    assert len(told) == len(first)
    assert damage() == first


def test_a_disposal_that_cannot_be_proved_is_told_to_auditors_and_second_persons_once_a_run(post: Post):
    world, run_id = post.world, new_id()
    record_id = world.archived()
    post.read()
    stopped = DisposalStopped(id=run_id, number=3, branch_id=world.home.head.branch_id, why="disposal-list-forged")
    kept = RecordKept(id=record_id, run_id=run_id, number="2026-000001", why="held-by-log")
    ordinary = RecordKept(id=record_id, run_id=new_id(), number="2026-000001", why="held")
    with world.database.work() as work:
        for event in (kept, stopped, ordinary):
            append(work, By(world.home.id, process="worker"), event)
    told = [reader for kind, reader in post.read() if kind == "alarm"]
    assert {"auditor-head-office", "archivist-head-office"} <= set(told)
    assert len(told) == len(set(told))
    post.send()
    (facts, *_) = [each for each in post.facts(MailKind.ALARM) if each["about"] == "disposal"]
    assert facts["path"] == f"/retention/disposals/{run_id}"


def test_what_applicants_wrote_is_in_no_mail(post: Post):
    post.world.pending()
    post.read()
    post.send()
    (facts, *_) = post.facts(MailKind.WAITS)
    assert "a contract" not in str(facts)
    for message in post.server.sent:
        assert "a contract" not in message.as_string()


def test_who_does_without_a_kind_or_has_no_address_is_not_mailed(post: Post):
    with post.world.database.work() as work:
        approver = post.world.actor(work, Role.APPROVER)
        choose_preferences(work, approver, language="en", unwanted=["waits"])
        set_own_email(work, post.world.actor(work, Role.APPROVER, post.world.home.head), " ")
    post.world.pending()
    assert post.read() == []


def test_each_reads_their_own_language_and_others_the_servers(post: Post):
    with post.world.database.work() as work:
        choose_preferences(work, post.world.actor(work, Role.APPROVER), language="en", unwanted=[])
    post.world.pending()
    post.read()
    post.send()
    subjects = {str(message["To"].addresses[0].username): message["Subject"] for message in post.server.sent}
    assert subjects["approver-north-1"].startswith("A print request waits")
    assert subjects["approver-head-office-1"].startswith("用印申请")


@pytest.mark.parametrize(
    ("problem", "state"),
    [
        (MailRefused("no"), "failed"),
        (MailServerUnreachable("away"), "failed"),
        (MailUncertain("gone"), "unknown"),
    ],
)
def test_a_mail_that_did_not_go_is_tried_again(post: Post, problem: PrintServerError, state: str):
    with post.world.database.work() as work:
        set_own_email(work, post.world.actor(work, Role.APPROVER, post.world.home.head), "")
    post.world.pending()
    post.read()
    post.server.fails = problem
    assert post.send() == []
    assert post.state() == state
    post.server.fails = None
    assert post.send() == []
    post.world.clock.advance(60)
    assert post.send() == ["approver-north-1@example.com"]
    assert post.state() == "delivered"


def test_a_mail_that_cannot_be_written_holds_up_no_other(post: Post):
    with post.world.database.work() as work:  # kept by an earlier release, which took such an address
        head = post.world.actor(work, Role.APPROVER, post.world.home.head).id
        work.session.execute(update(User).where(User.id == head).values(email="li..lei@example.com"))
    post.world.pending()
    post.read()
    assert post.send() == ["approver-north-1@example.com"]
    with post.world.database.work() as work:
        assert work.session.scalars(select(Mail.state).where(Mail.user_id == head)).one() == "failed"
        set_own_email(work, post.world.actor(work, Role.APPROVER, post.world.home.head), "li.lei@example.com")
    post.world.clock.advance(60)
    assert post.send() == ["li.lei@example.com"]


def test_a_reader_who_has_left_meanwhile_is_not_written_to(post: Post):
    post.world.pending()
    post.read()
    with post.world.database.work() as work:
        work.session.execute(update(User).values(frozen=True))
    assert post.send() == []


def test_a_certificate_that_ends_is_told_to_key_officers_at_ninety_thirty_seven_and_one_day(post: Post):
    load = post.world.adapters.load_key_list
    ends = min(key.not_after for key in load().keys)
    for days, made in ((100, 0), (90, 1), (60, 0), (30, 1), (29, 0), (7, 1), (1, 1), (0.5, 0), (-1, 0)):
        post.world.clock.moment = ends - timedelta(days=days)
        before = _readers(post, MailKind.CERTIFICATE)
        remind(post.world.database, load)
        assert (_readers(post, MailKind.CERTIFICATE) > before) is bool(made), days
    assert {row[1].split("-")[0] for row in post.read() if row[0] == "certificate"} == {"key"}


def test_an_overdue_paper_is_asked_for_every_fortnight_four_times_at_most_and_told_to_others_once(post: Post):
    post.world.printed()
    for _ in range(15):
        post.world.clock.advance(8 * 86_400)
        for _ in range(2):
            tell_owed(post.world.database, every_days=14)
            post.read()
    assert _readers(post, MailKind.RETURN_OWED) == 5  # a week before it is due, and four times afterwards
    told = {row[1].split("-")[0] for row in post.read() if row[0] == "return-escalated"}
    assert told == {"approver", "archivist"}
    assert _readers(post, MailKind.RETURN_ESCALATED) == 4  # those of the branch and those of its head office


def test_after_a_long_absence_one_reminder_is_sent_and_none_for_what_came_home(post: Post):
    post.world.archived()
    post.world.printed()
    post.world.clock.advance(200 * 86_400)
    tell_owed(post.world.database, every_days=14)
    post.read()
    assert _readers(post, MailKind.RETURN_OWED) == 1


def test_a_mail_names_the_day_on_which_a_paper_is_due_as_the_pages_do(post: Post):
    (copy,), shanghai = post.world.copies(post.world.printed()), ZoneInfo("Asia/Shanghai")
    with post.world.database.reading() as work:
        due = work.session.scalars(select(OwedReturn.due_at).where(OwedReturn.copy_id == copy.id)).one()
    late = datetime.combine(due.date(), time(20), UTC)  # the next day over there
    with post.world.database.work() as work:
        work.session.execute(update(OwedReturn).where(OwedReturn.copy_id == copy.id).values(due_at=late))
    post.world.clock.moment = late + timedelta(hours=1)
    tell_owed(post.world.database, every_days=14)
    sequence(post.world.database)
    read_log(post.world.database, with_mails=True, zone=shanghai)
    (facts,) = post.facts(MailKind.RETURN_OWED)
    assert facts["day"] == late.astimezone(shanghai).date().isoformat() != late.date().isoformat()


def _readers(post: Post, kind: MailKind) -> int:
    return len(post.facts(kind))


def test_a_choice_among_what_there_is_not_is_refused_and_changes_nothing(world: World):
    before = world.row_counts()
    for language, unwanted in (("fr", []), ("zh", ["everything"])):
        with world.database.work() as work, pytest.raises(MailPreferenceMalformed):
            choose_preferences(work, world.actor(work, Role.CLERK), language=language, unwanted=unwanted)
    assert world.row_counts() == before
    with world.database.reading() as work:
        assert preferences(work, world.actor(work, Role.CLERK).id) == Preferences()


@pytest.mark.parametrize(
    "address",
    [
        *("li", "li@", "@example.com", "a b@example.com", "li@example.com\nBcc: x@y.z", "li@example.com, x@y.z"),
        *("李@例.cn", "li..lei@example.com", ".li@example.com", "li.@example.com", f"{'l' * 65}@example.com"),
    ],
)
def test_what_is_no_address_is_not_kept(world: World, address: str):
    with world.database.work() as work, pytest.raises(EmailMalformed):
        set_own_email(work, world.actor(work, Role.CLERK), address)


def test_an_address_is_kept_out_of_the_log(world: World):
    with world.database.work() as work:
        actor = world.actor(work, Role.CLERK)
        set_own_email(work, actor, " li.lei@example.com ")
        assert own_email(work, actor) == "li.lei@example.com"
    assert world.events()[-1] == "EmailChanged"


def test_a_proof_that_falls_due_is_told_to_its_person_and_to_administrators(post: Post):
    world = post.world
    things = identity_at(world)
    step = ProofStep(ProofAction.VERIFY, method=Method.IN_PERSON)
    with world.database.work() as work:
        take_proof_step(work, world.actor(work, Role.SYSTEM_ADMINISTRATOR), things.proof, step)
    due = world.clock.now() + timedelta(days=365)
    for days, made in ((40, 0), (30, 1), (20, 0), (7, 1), (1, 1), (0, 0), (-5, 0)):
        world.clock.moment = due - timedelta(days=days)
        before = _readers(post, MailKind.IDENTITY_DUE)
        remind(world.database, world.adapters.load_key_list)
        assert (_readers(post, MailKind.IDENTITY_DUE) > before) is bool(made), days
    readers = {row[1].split("-")[0] for row in post.read() if row[0] == "identity-due"}
    assert readers == {"clerk", "system"}


def test_a_hold_is_told_to_who_may_confirm_it_and_not_to_who_set_it(post: Post):
    """A second person of the archive: archivists of the branch and above it."""
    world = post.world
    record_id = world.archived()
    post.begin()
    with world.database.work() as work:
        hold_record(work, world.actor(work, Role.ARCHIVIST, world.home.head), record_id, matter="7", reason="the court")
    told = [each for each in post.read() if each[0] == "retention"]
    assert told == [("retention", "archivist-north")]
