"""Who may make webhooks, and what making, changing and ending them leaves behind."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import select, update

from printserver.foundation.errors import NotFound
from printserver.foundation.unit_of_work import Work
from printserver.notifications import webhooks as service
from printserver.notifications.addresses import AddressRefused
from printserver.notifications.models import Webhook, WebhookDelivery
from printserver.notifications.queries import deliveries, delivery_details, webhooks
from printserver.notifications.states import DeliveryRefused, DeliveryState
from printserver.notifications.webhooks import (
    DeliveryNotFound,
    NewWebhook,
    TooManyWebhooks,
    WebhookMalformed,
    WebhookNotActive,
    WebhookNotFound,
    WebhookState,
)
from printserver.organisations.access import Actor
from printserver.organisations.permissions import Role
from tests.unit.notifications.conftest import LOOPBACK, tools_of
from tests.world import World
from tests.world_building import Office

ADMINISTRATOR = Role.SYSTEM_ADMINISTRATOR


def wish(office: Office, **fields: object) -> NewWebhook:
    asked = NewWebhook(office.branch_id, "OA", "http://127.0.0.1:9/hooks", ("copy.printed", "request.approved"))
    return replace(asked, **fields)  # type: ignore[arg-type]  # of any field


def administrator(world: World, work: Work, office: Office | None = None) -> Actor:
    return world.actor(work, ADMINISTRATOR, office)


def made(world: World, **fields: object) -> UUID:
    tools_of(world)
    with world.database.work() as work:
        webhook_id, _ = service.create_webhook(
            work,
            administrator(world, work),
            wish(world.home.north, **fields),
            LOOPBACK,
            world.adapters.seal_webhook_secret,
        )
    return webhook_id


def test_a_webhook_is_made_with_a_secret_that_the_database_does_not_know(any_world: World):
    box = tools_of(any_world).box
    with any_world.database.work() as work:
        webhook_id, secret = service.create_webhook(
            work,
            administrator(any_world, work),
            wish(any_world.home.north, types=("request.approved", "copy.printed", "copy.printed")),
            LOOPBACK,
            any_world.adapters.seal_webhook_secret,
        )
    with any_world.database.reading() as work:
        row = work.session.get_one(Webhook, webhook_id)
        (shown,) = webhooks(work, administrator(any_world, work))
    assert secret not in row.secret
    assert box.open(row.secret, webhook_id) == secret
    assert (shown.id, shown.state, shown.types) == (webhook_id, "active", ("request.approved", "copy.printed"))
    assert any_world.events()[-1] == "WebhookCreated"


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"name": "  "}, WebhookMalformed),
        ({"name": "x" * 101}, WebhookMalformed),
        ({"types": ()}, WebhookMalformed),
        ({"types": ("copy.printed", "everything")}, WebhookMalformed),
        ({"url": "https://127.1/"}, AddressRefused),
        ({"url": "javascript:alert(1)"}, AddressRefused),
    ],
)
def test_what_cannot_be_used_is_refused_and_nothing_is_written(world: World, fields, problem):
    before, events = world.row_counts(), world.events()
    with pytest.raises(problem):
        made(world, **fields)
    assert (world.row_counts(), world.events()) == (before, events)


def test_nobody_makes_or_reaches_a_webhook_of_another_branch(world: World):
    webhook_id = made(world)
    before = world.row_counts()
    for office in (world.home.south, world.foreign.north):
        with world.database.work() as work, pytest.raises(NotFound):
            service.create_webhook(
                work,
                administrator(world, work, office),
                wish(world.home.north),
                LOOPBACK,
                world.adapters.seal_webhook_secret,
            )
        with world.database.work() as work:
            actor = administrator(world, work, office)
            assert webhooks(work, actor) == ()
            with pytest.raises(WebhookNotFound):
                service.change_webhook(work, actor, webhook_id, LOOPBACK, name="mine")
            with pytest.raises(WebhookNotFound):
                service.renew_secret(work, actor, webhook_id, world.adapters.seal_webhook_secret)
            with pytest.raises(WebhookNotFound):
                service.send_test(work, actor, webhook_id)
            with pytest.raises(WebhookNotFound):
                deliveries(work, actor, webhook_id)
    assert world.row_counts() == before
    with world.database.reading() as work:
        assert len(webhooks(work, administrator(world, work, world.home.head))) == 1


def test_a_change_is_recorded_with_before_and_after_and_no_change_is_not(world: World):
    webhook_id = made(world)
    with world.database.work() as work:
        actor = administrator(world, work)
        service.change_webhook(work, actor, webhook_id, LOOPBACK, name="OA", state=WebhookState.ACTIVE)
        assert world.events()[-1] == "WebhookCreated"
        service.change_webhook(work, actor, webhook_id, LOOPBACK, state=WebhookState.PAUSED, types=["copy.void"])
    assert world.events()[-1] == "WebhookChanged"
    with world.database.reading() as work:
        (shown,) = webhooks(work, administrator(world, work))
    assert (shown.state, shown.types, shown.name) == ("paused", ("copy.void",), "OA")


def test_a_new_secret_stands_beside_the_old_one_for_a_day(world: World):
    webhook_id, box = made(world), tools_of(world).box
    with world.database.work() as work:
        old = box.open(work.session.get_one(Webhook, webhook_id).secret, webhook_id)
        new = service.renew_secret(work, administrator(world, work), webhook_id, world.adapters.seal_webhook_secret)
        row = work.session.get_one(Webhook, webhook_id)
        assert (box.open(row.previous_secret or "", webhook_id), box.open(row.secret, webhook_id)) == (old, new)
        assert row.previous_until == work.now() + service.OVERLAP
    assert new not in "".join(str(each) for each in world.events())


def test_a_paused_or_removed_webhook_is_not_tested(world: World):
    webhook_id = made(world)
    for state, problem in ((WebhookState.PAUSED, WebhookNotActive), (WebhookState.REMOVED, WebhookNotFound)):
        with world.database.work() as work:
            service.change_webhook(work, administrator(world, work), webhook_id, LOOPBACK, state=state)
        with world.database.work() as work, pytest.raises(problem):
            service.send_test(work, administrator(world, work), webhook_id)


def test_only_a_message_that_came_to_its_end_is_sent_again(world: World):
    webhook_id = made(world)
    with world.database.work() as work:
        delivery_id = service.send_test(work, administrator(world, work), webhook_id)
    for state in DeliveryState:
        with world.database.work() as work:
            work.session.execute(update(WebhookDelivery).values(state=state))
        with world.database.work() as work:
            actor = administrator(world, work)
            if state in (DeliveryState.PENDING, DeliveryState.UNDER_WAY):
                with pytest.raises(DeliveryRefused):
                    service.deliver_again(work, actor, delivery_id)
                continue
            service.deliver_again(work, actor, delivery_id)
            assert delivery_details(work, actor, delivery_id).delivery.state is DeliveryState.PENDING
    with world.database.work() as work, pytest.raises(DeliveryNotFound):
        service.deliver_again(work, administrator(world, work, world.foreign.north), delivery_id)


def test_there_are_not_more_than_anybody_needs(world: World):
    tools_of(world)
    for _ in range(service.MOST_WEBHOOKS):
        made(world)
    with pytest.raises(TooManyWebhooks):
        made(world)
    with world.database.work() as work:
        some = work.session.scalars(select(Webhook.id)).first()
        assert some is not None
        service.change_webhook(work, administrator(world, work), some, LOOPBACK, state=WebhookState.REMOVED)
    made(world)
