"""The log is the outbox: each entry makes its messages once, for whom it concerns."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from sqlalchemy import func, select

from printserver.foundation.unit_of_work import Database
from printserver.notifications import webhooks as service
from printserver.notifications.event_types import TYPES
from printserver.notifications.models import LogCursor, Mail, WebhookDelivery
from printserver.notifications.outbox import read_log
from printserver.notifications.webhooks import NewWebhook, WebhookState
from printserver.organisations.permissions import Role
from tests.sequenced import sequence
from tests.unit.notifications.conftest import LOOPBACK, tools_of
from tests.world import World
from tests.world_building import Office


def listening(world: World, office: Office, *types: str) -> UUID:
    tools_of(world)
    asked = NewWebhook(office.branch_id, "OA", "http://127.0.0.1:9/hooks", types or TYPES)
    with world.database.work() as work:
        actor = world.actor(work, Role.SYSTEM_ADMINISTRATOR, office)
        return service.create_webhook(work, actor, asked, LOOPBACK, world.adapters.seal_webhook_secret)[0]


def read_all(database: Database) -> int:
    sequence(database)
    made = 0
    while found := read_log(database, with_mails=False):
        made += found
    return made


def begin(world: World) -> None:
    """As a server that has just been given messages: what is past stays past."""
    sequence(world.database)
    assert read_log(world.database, with_mails=True) == 0


def told(world: World, webhook_id: UUID) -> list[str]:
    with world.database.reading() as work:
        query = select(WebhookDelivery.type).where(WebhookDelivery.webhook_id == webhook_id)
        return list(work.session.scalars(query.order_by(WebhookDelivery.id)))


def test_nobody_is_told_of_what_is_long_past(any_world: World):
    any_world.pending()
    webhook_id = listening(any_world, any_world.home.north)
    begin(any_world)
    assert read_all(any_world.database) == 0
    assert told(any_world, webhook_id) == []


def test_what_happens_is_told_in_its_order_and_once(any_world: World):
    webhook_id = listening(any_world, any_world.home.north)
    begin(any_world)
    any_world.pending()
    assert read_all(any_world.database) > 0
    assert told(any_world, webhook_id) == ["request.submitted", "request.pending-approval"]
    assert read_all(any_world.database) == 0


def test_only_those_are_told_whose_branch_it_is_or_lies_above(world: World):
    hooks = {name: listening(world, office) for name, office in (
        ("north", world.home.north), ("south", world.home.south), ("head", world.home.head),
        ("foreign", world.foreign.head),
    )}  # fmt: skip
    begin(world)
    world.pending()
    read_all(world.database)
    assert {name: len(told(world, hook)) for name, hook in hooks.items()} == {
        "north": 2, "south": 0, "head": 2, "foreign": 0,
    }  # fmt: skip


def test_a_webhook_is_told_what_it_asked_for_also_while_it_is_paused_and_nothing_once_it_is_removed(world: World):
    one, paused, gone = (listening(world, world.home.north, "request.submitted") for _ in range(3))
    with world.database.work() as work:
        actor = world.actor(work, Role.SYSTEM_ADMINISTRATOR)
        service.change_webhook(work, actor, paused, LOOPBACK, state=WebhookState.PAUSED)
        service.change_webhook(work, actor, gone, LOOPBACK, state=WebhookState.REMOVED)
    begin(world)
    world.pending()
    read_all(world.database)
    assert [told(world, each) for each in (one, paused, gone)] == [["request.submitted"], ["request.submitted"], []]


def test_a_message_names_the_request_and_none_of_its_words(world: World):
    webhook_id = listening(world, world.home.north, "request.submitted")
    begin(world)
    request_id = world.pending()
    read_all(world.database)
    with world.database.reading() as work:
        row = work.session.scalars(select(WebhookDelivery).where(WebhookDelivery.webhook_id == webhook_id)).one()
    body = json.loads(row.body)
    assert (body["id"], body["type"], body["request"]["id"]) == (str(row.id), "request.submitted", str(request_id))
    assert body["facts"] == {"copies": 1}
    assert body["subject"] == {"kind": "print-request", "id": str(request_id)}
    assert "contract" not in row.body


def test_two_workers_that_read_at_once_make_each_message_once(any_world: World):
    listening(any_world, any_world.home.north)
    begin(any_world)
    for _ in range(3):
        any_world.pending()
    sequence(any_world.database)
    with ThreadPoolExecutor(4) as pool:
        made = sum(pool.map(lambda _: read_log(any_world.database, with_mails=True), range(8)))
    with any_world.database.reading() as work:
        hooks = work.session.scalar(select(func.count()).select_from(WebhookDelivery)) or 0
        mails = work.session.scalar(select(func.count()).select_from(Mail)) or 0
        entries = work.session.scalars(select(WebhookDelivery.entry_id)).all()
    assert made == hooks + mails
    assert len(set(entries)) == len(entries) == 6


def test_a_failure_in_the_middle_leaves_cursor_and_messages_as_they_were(world: World, monkeypatch: pytest.MonkeyPatch):
    webhook_id = listening(world, world.home.north)
    begin(world)
    world.pending()
    sequence(world.database)
    with world.database.reading() as work:
        position = work.session.scalar(select(LogCursor.position))
    with monkeypatch.context() as broken:
        broken.setattr("printserver.notifications.outbox.type_of", lambda entry: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            read_log(world.database, with_mails=False)
    with world.database.reading() as work:
        assert work.session.scalar(select(LogCursor.position)) == position
    read_all(world.database)
    assert len(told(world, webhook_id)) == 2
