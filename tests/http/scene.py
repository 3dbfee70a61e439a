"""One thing of each kind at the home's north, for tests that must not reach or change them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select, update

from printserver.audit.models import AuditEntry
from printserver.foundation.ids import new_id
from printserver.foundation.serials import CopySerial
from printserver.notifications.models import WebhookDelivery
from printserver.notifications.secret_box import SecretBox
from printserver.notifications.states import DeliveryState
from printserver.notifications.webhooks import NewWebhook, create_webhook, send_test
from printserver.organisations.account import open_resets, order_reset
from printserver.organisations.permissions import Permission, Role
from printserver.organisations.service_accounts import create_service_account, issue_service_token, service_account
from printserver.organisations.sessions import open_session, person_of_session
from printserver.organisations.tokens import TokenLimits, api_tokens
from printserver.print_requests.states import CopyState
from printserver.printing.count_alarms import count_alarms
from printserver.printing.models import CounterReading
from printserver.printing.outcome import Outcome
from printserver.returns.intake_channels import Channel, IntakeTools, take_in
from printserver.returns.intake_status import ChannelNotes
from printserver.returns.printer_days import check_counts
from printserver.returns.settling import attach_page
from tests.http.archive_things import saved_search_at
from tests.http.evidence_things import EvidenceThings, evidence_at
from tests.http.identity_things import IdentityThings, identity_at
from tests.http.paper_things import PaperThings, papers_at
from tests.http.passkey_things import passkey_at
from tests.http.people_things import PeopleThings, people_at
from tests.http.request_things import RequestThings, requests_at
from tests.http.retention_things import RetentionThings, retention_at
from tests.http.seal_things import SealThings, seals_at
from tests.world import World


@dataclass(frozen=True)
class Scene:
    world: World
    pending_request: UUID
    request_in_custody: UUID
    issued_request: UUID
    issued_copy: UUID
    unknown_copy: UUID
    void_copy: UUID
    archive_record: UUID
    saved_search: UUID
    return_id: UUID
    return_page: UUID
    serial: str
    entry: UUID
    token: UUID
    count_alarm: UUID
    webhook: UUID
    delivery: UUID
    session: UUID
    service_account: UUID
    service_token: UUID
    access_reset: UUID
    people: PeopleThings
    passkey: UUID
    key_statement: UUID
    seals: SealThings
    requests: RequestThings
    identity: IdentityThings
    evidence: EvidenceThings
    retention: RetentionThings
    quarantined: UUID
    papers: PaperThings
    returned_paper: UUID


def set_scene(world: World) -> Scene:
    issued = world.issued()
    unknown = world.copies(world.printed(outcome=Outcome.OUTCOME_UNKNOWN))[0]
    assert unknown.state == CopyState.OUTCOME_UNKNOWN
    return_id, page_id = world.doubtful_page()
    archived = world.archived()
    webhook, delivery = webhook_of(world)
    with world.database.reading() as work:
        clerk = world.actor(work, Role.CLERK)
        entry = work.session.scalars(select(AuditEntry.id).where(AuditEntry.person_id == clerk.id)).first()
        token = api_tokens(work, clerk)[0].id
    assert entry is not None
    passkey, key_statement = passkey_at(world)
    return Scene(
        world=world,
        pending_request=world.pending(),
        request_in_custody=world.in_custody(),
        issued_request=issued,
        issued_copy=world.copies(issued)[0].id,
        unknown_copy=unknown.id,
        void_copy=world.voided(),
        archive_record=archived,
        saved_search=saved_search_at(world, archived),
        return_id=return_id,
        return_page=page_id,
        serial=_serial(world, issued),
        entry=entry,
        token=token,
        count_alarm=count_alarm_at(world),
        webhook=webhook,
        delivery=delivery,
        **_sign_in_scene(world),
        people=people_at(world),
        passkey=passkey,
        key_statement=key_statement,
        seals=seals_at(world),
        requests=requests_at(world),
        identity=identity_at(world),
        evidence=evidence_at(world, archived),
        retention=retention_at(world, archived),
        quarantined=quarantined_at(world),
        papers=papers_at(world),
        returned_paper=returned_paper_at(world, issued),
    )


def returned_paper_at(world: World, request_id: UUID) -> UUID:
    """A page without a code that came home to the request."""
    _, page_id = world.doubtful_page(seed=1)
    with world.database.work() as work:
        archivist = world.actor(work, Role.ARCHIVIST)
        attach_page(work, archivist, page_id, request_id=request_id, reason="I know the paper")
    return page_id


def quarantined_at(world: World) -> UUID:
    """A scan that the north's watched folder brought, cut off."""
    tools, login = IntakeTools(world.database, world.adapters.objects), world.person(Role.CLERK).login
    notes = ChannelNotes(tools, Channel.FOLDER, "north", login)
    taken = take_in(tools, Channel.FOLDER, login, filename="cut.jpg", data=b"\xff\xd8\xff\xe0 cut off")
    notes.taken(taken)
    notes.note()
    return taken.id


def _serial(world: World, request_id: UUID) -> str:
    return str(CopySerial(world.copies(request_id)[0].serial))


def _sign_in_scene(world: World) -> dict[str, UUID]:
    """The clerk's session, a program's account with a token, and a new password for the approver that waits."""
    with world.database.work() as work:
        clerk, administrator = world.actor(work, Role.CLERK), world.actor(work, Role.SYSTEM_ADMINISTRATOR)
        opened = open_session(work, world.secrets, clerk, hours=1)
        north, roles = world.home.north.branch_id, frozenset({Role.CLERK})
        account = create_service_account(work, administrator, name="OA", branch_id=north, roles=roles)
        limits = TokenLimits(frozenset({Permission.READ_REQUESTS}))
        issue_service_token(work, world.secrets, administrator, account, name="OA", days=90, limits=limits)
        approver = world.person(Role.APPROVER).id
        order_reset(
            work, world.secrets, administrator, approver, second_factor_too=False, reason="forgotten", officer=True
        )
    with world.database.reading() as work:
        (reset,) = open_resets(work, administrator)
        (token,) = service_account(work, administrator, account).tokens
        session = person_of_session(work, world.secrets, opened.secret).session_id
    return {"session": session, "service_account": account, "service_token": token.id, "access_reset": reset.id}


def count_alarm_at(world: World) -> UUID:
    """Two sheets too many on the day before."""
    printer_id = world.home.north.printer_id
    day = (world.clock.now() - timedelta(days=1)).date()
    with world.database.work() as work:
        for number in (2, 1):
            moment = world.clock.now() - timedelta(days=number)
            reading = CounterReading(
                id=new_id(), printer_id=printer_id, taken_at=moment, impressions=100 - 2 * number, source="ipp"
            )
            work.session.add(reading)
    check_counts(world.database, ZoneInfo(world.adapters.settings.time_zone))
    with world.database.reading() as work:
        (alarm,) = count_alarms(work, world.actor(work, Role.PRINTER_ADMINISTRATOR))
    assert (alarm.printer_id, alarm.day) == (printer_id, day)
    return alarm.id


def webhook_of(world: World) -> tuple[UUID, UUID]:
    """One of the home's north, with a message that was given up."""
    adapters, settings = world.adapters, world.adapters.settings
    for file in (settings.webhook_key, settings.webhook_public_key):
        file.parent.mkdir(parents=True, exist_ok=True)
    SecretBox.load_or_make(settings.webhook_key, settings.webhook_public_key)
    wish = NewWebhook(world.home.north.branch_id, "OA", "https://oa.example.com/hooks", ("copy.printed",))
    with world.database.work() as work:
        actor = world.actor(work, Role.SYSTEM_ADMINISTRATOR)
        webhook, _ = create_webhook(work, actor, wish, adapters.webhook_rules, adapters.seal_webhook_secret)
        delivery = send_test(work, actor, webhook)
        work.session.execute(update(WebhookDelivery).values(state=DeliveryState.GIVEN_UP))
    return webhook, delivery
