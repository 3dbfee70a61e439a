"""A hundred times the same request with the same key, at once: one effect, one answer, on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from printserver.app import create_app
from printserver.notifications.addresses import AddressRules
from printserver.notifications.secret_box import SecretBox
from printserver.notifications.webhooks import NewWebhook, create_webhook
from printserver.organisations.permissions import Role
from tests.databases import BOTH, DatabaseKit, module_database_kit
from tests.http.api_client import ApiClient, code_of
from tests.world import World

__all__ = ["module_database_kit"]

AT_ONCE = 100
THREADS = 25


@dataclass(frozen=True)
class Change:
    """A request that changes something; `changed`: the same with another body."""

    role: Role
    method: str
    path: str
    body: Mapping[str, Any] | None
    changed: Mapping[str, Any] | None
    entries: int
    """How many entries of the log it makes."""


def _approval(world: World) -> Change:
    request_id = world.pending()
    yes = {"manifest_sha256": world.manifest_sha256(request_id)}
    return Change(Role.APPROVER, "POST", f"/print-requests/{request_id}/approvals", yes, {**yes, "reason": "so"}, 2)


def _pause(world: World) -> Change:
    paused = {"paused": True, "reason": "toner"}
    path = f"/printers/{world.home.north.printer_id}/pauses"
    return Change(Role.PRINTER_ADMINISTRATOR, "POST", path, paused, {**paused, "reason": "paper"}, 1)


def _reading(world: World) -> Change:
    path = f"/printers/{world.home.north.printer_id}/counter-readings"
    return Change(Role.PRINTER_ADMINISTRATOR, "POST", path, {"impressions": 7}, {"impressions": 8}, 1)


def _voiding(world: World) -> Change:
    copy = world.copies(world.issued())[0]
    path = f"/copies/{copy.id}/voidings"
    return Change(Role.PRINTER_ADMINISTRATOR, "POST", path, {"reason": "torn"}, {"reason": "lost"}, 1)


def _webhook_test(world: World) -> Change:
    settings = world.adapters.settings
    for file in (settings.webhook_key, settings.webhook_public_key):
        file.parent.mkdir(parents=True, exist_ok=True)
    SecretBox.load_or_make(settings.webhook_key, settings.webhook_public_key)
    wish = NewWebhook(world.home.north.branch_id, "OA", "https://oa.example.com/", ("copy.void",))
    with world.database.work() as work:
        actor = world.actor(work, Role.SYSTEM_ADMINISTRATOR)
        hook, _ = create_webhook(work, actor, wish, AddressRules(), world.adapters.seal_webhook_secret)
    return Change(Role.SYSTEM_ADMINISTRATOR, "POST", f"/webhooks/{hook}/tests", None, {"more": 1}, 1)


CHANGES: dict[str, Callable[[World], Change]] = {
    "approval": _approval,
    "reading": _reading,
    "voiding": _voiding,
    "webhook test": _webhook_test,
    "pause": _pause,
}


@pytest.fixture(scope="module", params=BOTH)
def crowd_api(
    request: pytest.FixtureRequest,
    world_template: World,
    module_database_kit: DatabaseKit,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[ApiClient]:
    folder = tmp_path_factory.mktemp("crowd") / "home"
    world = world_template.copied_to(folder, module_database_kit.make(request.param))
    with ApiClient(create_app(world.adapters), world) as client:
        yield client


@pytest.mark.parametrize("change", CHANGES)
def test_a_hundred_replays_have_one_effect(crowd_api: ApiClient, change: str):
    made = CHANGES[change](crowd_api.world)
    before, events = crowd_api.world.row_counts(), len(crowd_api.world.events())

    def send(body: Mapping[str, Any] | None = made.body) -> httpx.Response:
        options: dict[str, Any] = {} if body is None else {"json": body}
        headers = {"Idempotency-Key": change.replace(" ", "-")}
        return crowd_api.ask(made.method, made.path, made.role, headers=headers, **options)

    with ThreadPoolExecutor(THREADS) as crowd:
        answers = list(crowd.map(lambda _: send(), range(AT_ONCE)))
    assert {answer.status_code for answer in answers} == {201}, answers[0].text
    assert len({answer.content for answer in answers}) == 1
    assert sum("Idempotency-Replayed" not in answer.headers for answer in answers) == 1
    after = crowd_api.world.row_counts()
    assert after["idempotency_record"] == before["idempotency_record"] + 1
    assert len(crowd_api.world.events()) == events + made.entries
    other = send(made.changed)
    assert (other.status_code, code_of(other)) == (422, "idempotency-key-reused")
    assert crowd_api.world.row_counts() == after
