"""A message is tried until it came: what happens at each attempt is written, also when nobody knows."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from sqlalchemy import select, update

from printserver.notifications import webhooks as service
from printserver.notifications.delivering import deliver, deliver_due
from printserver.notifications.models import Webhook, WebhookAttempt, WebhookDelivery
from printserver.notifications.queries import DeliveryDetails, delivery_details
from printserver.notifications.signatures import HEADER, ID_HEADER, SignatureInvalid, verify_signature
from printserver.notifications.webhooks import NewWebhook, WebhookState
from printserver.organisations.permissions import Role
from tests.unit.notifications.conftest import LOOPBACK, Receiver, tools_of
from tests.world import World

DAY = 86_400.0


class Hooked:
    """A webhook to the receiver, with messages on their way."""

    def __init__(self, world: World, receiver: Receiver) -> None:
        self.world, self.receiver, self.tools = world, receiver, tools_of(world)
        wish = NewWebhook(world.home.north.branch_id, "OA", receiver.url, ("copy.printed",))
        with world.database.work() as work:
            actor = world.actor(work, Role.SYSTEM_ADMINISTRATOR)
            seal = world.adapters.seal_webhook_secret
            self.webhook_id, self.secret = service.create_webhook(work, actor, wish, LOOPBACK, seal)

    def send(self) -> UUID:
        with self.world.database.work() as work:
            return service.send_test(work, self.world.actor(work, Role.SYSTEM_ADMINISTRATOR), self.webhook_id)

    def look(self, delivery_id: UUID) -> DeliveryDetails:
        with self.world.database.reading() as work:
            actor = self.world.actor(work, Role.SYSTEM_ADMINISTRATOR, self.world.home.head)
            return delivery_details(work, actor, delivery_id)

    def set_state(self, state: WebhookState) -> None:
        with self.world.database.work() as work:
            actor = self.world.actor(work, Role.SYSTEM_ADMINISTRATOR)
            service.change_webhook(work, actor, self.webhook_id, LOOPBACK, state=state)

    def outcomes(self, delivery_id: UUID) -> list[str | None]:
        return [each.outcome for each in self.look(delivery_id).attempts]


@pytest.fixture
def hooked(any_world: World, receiver: Receiver) -> Hooked:
    return Hooked(any_world, receiver)


@pytest.fixture
def one_hooked(world: World, receiver: Receiver) -> Hooked:
    return Hooked(world, receiver)


def test_a_message_arrives_signed_and_is_not_sent_again(hooked: Hooked):
    delivery_id = hooked.send()
    assert deliver_due(hooked.tools) == 1
    assert deliver_due(hooked.tools) == 0
    (came,) = hooked.receiver.received
    verify_signature(came.headers[HEADER], came.body, hooked.secret, now=int(hooked.world.clock.now().timestamp()))
    assert came.headers[ID_HEADER] == json.loads(came.body)["id"] == str(delivery_id)
    found = hooked.look(delivery_id)
    assert (found.delivery.state, found.delivery.attempts, found.delivery.last_status) == ("delivered", 1, 204)
    assert found.delivery.delivered_at == hooked.world.clock.now()
    assert hooked.outcomes(delivery_id) == ["accept"]


@pytest.mark.parametrize("status", [301, 307, 400, 401, 404, 409, 410, 429, 500, 503])
def test_every_other_answer_than_thanks_is_a_failure_that_is_tried_again(one_hooked: Hooked, status: int):
    one_hooked.receiver.answer = lambda received: status
    delivery_id = one_hooked.send()
    assert deliver_due(one_hooked.tools) == 0
    found = one_hooked.look(delivery_id).delivery
    assert (found.state, found.last_status) == ("failed", status)
    assert found.due_at is not None
    assert found.due_at > one_hooked.world.clock.now()
    assert deliver_due(one_hooked.tools) == 0
    assert len(one_hooked.receiver.received) == 1


def test_a_lost_answer_is_a_state_and_the_same_id_comes_again(one_hooked: Hooked):
    answers: list[int | None] = [None, 204]
    one_hooked.receiver.answer = lambda received: answers.pop(0)
    delivery_id = one_hooked.send()
    deliver_due(one_hooked.tools)
    assert one_hooked.look(delivery_id).delivery.state == "unknown"
    one_hooked.world.clock.advance(60)
    assert deliver_due(one_hooked.tools) == 1
    assert one_hooked.outcomes(delivery_id) == ["lose", "accept"]
    assert len({came.headers[ID_HEADER] for came in one_hooked.receiver.received}) == 1


def test_it_is_tried_for_three_days_then_given_up_and_a_person_may_begin_anew(one_hooked: Hooked):
    one_hooked.receiver.answer = lambda received: 500
    delivery_id, passed = one_hooked.send(), 0.0
    while one_hooked.look(delivery_id).delivery.state != "given-up":
        deliver_due(one_hooked.tools)
        one_hooked.world.clock.advance(1800)
        passed += 1800
        assert passed < 3.5 * DAY
    assert passed > 2.9 * DAY
    assert 12 < len(one_hooked.receiver.received) < 25
    assert one_hooked.world.events()[-1] == "DeliveryGivenUp"
    one_hooked.world.clock.advance(DAY)
    one_hooked.world.keep_tokens()
    assert deliver_due(one_hooked.tools) == 0
    with one_hooked.world.database.work() as work:
        service.deliver_again(work, one_hooked.world.actor(work, Role.SYSTEM_ADMINISTRATOR), delivery_id)
    one_hooked.receiver.answer = lambda received: 200
    assert deliver_due(one_hooked.tools) == 1


def test_several_workers_send_a_message_once(hooked: Hooked):
    ids = [hooked.send() for _ in range(5)]
    with ThreadPoolExecutor(4) as pool:
        sent = list(pool.map(lambda delivery_id: deliver(hooked.tools, delivery_id), ids * 4))
    assert sum(sent) == 5
    assert sorted(came.headers[ID_HEADER] for came in hooked.receiver.received) == sorted(map(str, ids))


def test_a_worker_that_died_over_a_message_leaves_it_unknown_and_another_takes_it_up(hooked: Hooked):
    delivery_id = hooked.send()
    with hooked.world.database.work() as work:  # as it stands when the worker is killed while it sends
        now = work.now()
        work.session.execute(
            update(WebhookDelivery).values(state="under-way", attempts=1, due_at=now.replace(minute=now.minute + 1))
        )
        row = WebhookAttempt(id=UUID(int=1), delivery_id=delivery_id, number=1, begun_at=now, problem="")
        work.session.add(row)
    assert deliver_due(hooked.tools) == 0
    hooked.world.clock.advance(120)
    assert deliver_due(hooked.tools) == 1
    assert hooked.outcomes(delivery_id) == [None, "accept"]
    assert hooked.look(delivery_id).delivery.attempts == 2


def test_while_a_webhook_is_paused_its_messages_wait_and_others_do_not(one_hooked: Hooked):
    other = Hooked(one_hooked.world, one_hooked.receiver)
    waiting = one_hooked.send()
    one_hooked.set_state(WebhookState.PAUSED)
    other.send()
    assert deliver_due(one_hooked.tools) == 1
    assert one_hooked.look(waiting).delivery.state == "pending"
    one_hooked.set_state(WebhookState.ACTIVE)
    assert deliver_due(one_hooked.tools) == 1


def test_what_waits_for_a_removed_webhook_is_given_up(one_hooked: Hooked):
    delivery_id = one_hooked.send()
    one_hooked.set_state(WebhookState.REMOVED)
    assert deliver_due(one_hooked.tools) == 0
    assert one_hooked.receiver.received == []
    assert one_hooked.look(delivery_id).delivery.state == "given-up"


def test_while_the_secret_changes_both_sign_and_a_day_later_the_new_one_alone(one_hooked: Hooked):
    with one_hooked.world.database.work() as work:
        actor = one_hooked.world.actor(work, Role.SYSTEM_ADMINISTRATOR)
        new = service.renew_secret(work, actor, one_hooked.webhook_id, one_hooked.world.adapters.seal_webhook_secret)

    def known(secret: str) -> bool:
        came = one_hooked.receiver.received[-1]
        try:
            now = int(one_hooked.world.clock.now().timestamp())
            verify_signature(came.headers[HEADER], came.body, secret, now=now)
        except SignatureInvalid:
            return False
        return True

    one_hooked.send()
    deliver_due(one_hooked.tools)
    assert (known(one_hooked.secret), known(new)) == (True, True)
    one_hooked.world.clock.advance(DAY)
    one_hooked.send()
    deliver_due(one_hooked.tools)
    assert (known(one_hooked.secret), known(new)) == (False, True)


def test_a_secret_that_somebody_put_into_the_database_signs_nothing(one_hooked: Hooked):
    other = Hooked(one_hooked.world, one_hooked.receiver)
    with one_hooked.world.database.work() as work:
        foreign = work.session.get_one(Webhook, other.webhook_id).secret
        work.session.get_one(Webhook, one_hooked.webhook_id).secret = foreign
    delivery_id = one_hooked.send()
    assert deliver_due(one_hooked.tools) == 0
    assert one_hooked.receiver.received == []
    assert one_hooked.look(delivery_id).delivery.state == "failed"


def test_one_that_is_slow_holds_up_no_other(one_hooked: Hooked):
    gate = threading.Event()
    slow = Hooked(one_hooked.world, one_hooked.receiver)
    slow_ids = {str(slow.send()) for _ in range(2)}
    quick = one_hooked.send()

    def answer(received) -> int:
        if received.headers[ID_HEADER] in slow_ids:
            gate.wait(20)
        else:
            gate.set()
        return 204

    one_hooked.receiver.answer = answer
    assert deliver_due(one_hooked.tools) == 3
    assert one_hooked.receiver.received[0].headers[ID_HEADER] in slow_ids | {str(quick)}


def test_no_transaction_is_open_while_a_message_is_sent(one_hooked: Hooked):
    seen: list[str] = []

    def answer(received: object) -> int:
        with one_hooked.world.database.work() as work:  # SQLite would let nobody else write
            seen.append(work.session.scalars(select(WebhookDelivery.state)).one())
        return 204

    one_hooked.receiver.answer = answer
    one_hooked.send()
    assert deliver_due(one_hooked.tools) == 1
    assert seen == ["under-way"]
