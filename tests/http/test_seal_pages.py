"""Seals by page and by program: the register, applying, the picture, steps of two officers, the stop, the uses."""

from __future__ import annotations

import csv
import io
import zipfile
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from PIL import Image, ImageDraw

from printserver.approvals.statement_queries import statement_facts
from printserver.organisations.permissions import Role
from printserver.rendering.page_images import PREVIEW_WATERMARK, page_image
from printserver.rendering.seal_artwork_types import STYLES, SealType
from printserver.seals.artworks import artwork_of
from printserver.seals.queries import seal_facts, seals
from printserver.seals.service import apply_seal, apply_seal_order, record_made
from printserver.seals.states import SealState
from printserver.seals.steps import steps_of
from tests.http.api_client import ApiClient, code_of
from tests.http.page_visitor import Visitor, went_to
from tests.world import World
from tests.world_building import BY_SETUP


def red_ring(side: int = 700) -> bytes:
    """A scan of a red ring on white paper."""
    picture = Image.new("RGB", (side, side), "white")
    draw = ImageDraw.Draw(picture)
    draw.ellipse((30, 30, side - 30, side - 30), outline=(200, 20, 20), width=24)
    draw.line((10, side // 2, side - 10, side // 2), fill=(30, 30, 30), width=6)
    target = io.BytesIO()
    picture.save(target, "PNG")
    return target.getvalue()


def wish(world: World, **changes: str) -> dict[str, Any]:
    usual = {
        "type": "contract",
        "shown_type": "contract",
        "name": "示例北方分公司",
        "registration_number": "1101080123456",
        "inner": "合同专用章",
        "star": "yes",
        "width_mm": "40",
        "height_mm": "40",
        "branch_id": str(world.home.north.branch_id),
        "custodians": str(world.person(Role.CUSTODIAN).id),
        "valid_from": "2026-11-22",
        "valid_until": "2028-11-22",
        "purpose": "for contracts",
    }
    return {**usual, **changes}


def newest(world: World) -> UUID:
    with world.database.reading() as work:
        found = seals(work, world.actor(work, Role.SEAL_ADMINISTRATOR))
    return max(seal.id for seal in found)


def signed_and_registered(api: ApiClient, seal_id: UUID) -> None:
    """The second officer signs on the page's statement; then the signer has taken it up."""
    world = api.world
    with world.database.reading() as work:
        (waiting,) = [step.statement for step in steps_of(work, seal_id) if step.outcome == "open"]
    assert waiting is not None
    officer = Visitor.of(api, Role.KEY_OFFICER)
    went_to(officer.send(f"/statements/{waiting.id}/signatures", sha256=waiting.sha256))
    with world.database.work() as work:
        facts = statement_facts(work, waiting.id)
        effect = apply_seal_order if facts.kind == "seal-order" else apply_seal
        effect(work, BY_SETUP, facts.body)
        if facts.kind == "seal-order":
            record_made(work, BY_SETUP, seal_id, "ab" * 32)


def test_a_seal_is_applied_for_ordered_and_put_into_use_by_pages(api: ApiClient):
    world = api.world
    clerk, administrator = Visitor.of(api, Role.CLERK), Visitor.of(api, Role.SEAL_ADMINISTRATOR)
    assert "Apply for a seal" in clerk.page("/seals/new")
    answer = clerk.send("/seals", **wish(world))
    seal_id = newest(world)
    assert went_to(answer).startswith(f"/seals/{seal_id}")
    assert "applied for" in clerk.page(f"/seals/{seal_id}")
    assert administrator.look(f"/seals/{seal_id}/artwork").content.startswith(b"\x89PNG")
    for action, state in (("approve", SealState.MADE), ("activate", SealState.ACTIVE)):
        page = administrator.page(f"/seals/{seal_id}")
        assert f'value="{action}"' in page
        keeper = str(world.person(Role.CUSTODIAN).id)
        fields = {"custodians": keeper, "uses_limit": "9"} if action == "activate" else {}
        went_to(administrator.send(f"/seals/{seal_id}/steps", action=action, reason="needed", **fields))
        assert "waits for two officers" in administrator.page(f"/seals/{seal_id}")
        signed_and_registered(api, seal_id)
        with world.database.reading() as work:
            assert seal_facts(work, seal_id).state is state
    page = administrator.page(f"/seals/{seal_id}")
    assert "internal: made here" in page
    assert "at most 9" in page


def test_a_step_keeps_the_paper_that_explains_it(api: ApiClient):
    seal_id = api.world.home.north.seal_id
    administrator = Visitor.of(api, Role.SEAL_ADMINISTRATOR)
    files = {"attachment": ("decision.pdf", b"%PDF-1.7 a decision", "application/pdf")}
    went_to(administrator.send(f"/seals/{seal_id}/steps", files=files, action="revoke", reason="worn out"))
    assert "decision.pdf" in administrator.page(f"/seals/{seal_id}")
    with api.world.database.reading() as work:
        (step,) = steps_of(work, seal_id)
    paper = administrator.look(f"/seals/{seal_id}/steps/{step.id}/attachment")
    assert paper.content == b"%PDF-1.7 a decision"
    assert paper.headers["content-disposition"].startswith("attachment")
    other = f"/seals/{api.world.home.head.seal_id}"
    assert administrator.look(other).status_code == 200
    assert administrator.look(f"{other}/steps/{step.id}/attachment").status_code == 404


def test_the_custodian_stops_a_seal_from_its_page(api: ApiClient):
    seal_id = api.world.home.north.seal_id
    keeper = Visitor.of(api, Role.CUSTODIAN, language="zh")
    assert "立即停用" in keeper.page(f"/seals/{seal_id}")
    assert "立即停用" not in Visitor.of(api, Role.CLERK, language="zh").page(f"/seals/{seal_id}")
    assert keeper.send(f"/seals/{seal_id}/suspensions", reason=" ").status_code == 422
    went_to(keeper.send(f"/seals/{seal_id}/suspensions", reason="lost"))
    assert "已停用" in keeper.page(f"/seals/{seal_id}")


def test_what_was_typed_into_a_refused_application_is_kept(api: ApiClient):
    clerk = Visitor.of(api, Role.CLERK)
    answer = clerk.send("/seals", **wish(api.world, name="示例🦄", purpose="kept"))
    assert answer.status_code == 422
    assert "🦄" in answer.text
    assert "kept" in answer.text
    assert "cannot be drawn" in answer.text


@pytest.mark.parametrize("kind", list(SealType))
def test_the_picture_is_drawn_while_somebody_types(api: ApiClient, kind: SealType):
    clerk = Visitor.of(api, Role.CLERK)
    before = api.world.object_count()
    drawn = clerk.send("/seals/preview", type=kind.value, shown_type="company", name="示例", registration_number="1101")
    assert drawn.status_code == 200
    assert "<svg" in drawn.text
    style = STYLES[kind]
    # Another type brings its own size along.
    assert (f'value="{style.width_mm}"' in drawn.text) is (kind is not SealType.COMPANY)
    missing = clerk.send("/seals/preview", type=kind.value, shown_type=kind.value, name="示🦄例")
    assert "🦄" in missing.text
    assert "<svg" not in missing.text
    assert api.world.object_count() == before


def test_a_registered_picture_is_shown_before_and_after_as_not_valid_and_used(api: ApiClient):
    clerk = Visitor.of(api, Role.CLERK)
    went = went_to(
        clerk.send(
            "/seals/artworks", files={"picture": ("ring.png", red_ring(), "image/png")}, width_mm="40", height_mm="40"
        )
    )
    artwork_id = went.rpartition("/")[2]
    assert "ring.png" in clerk.page(went)
    assert clerk.look(f"{went}/before").content.startswith(b"\x89PNG")
    after = np.asarray(Image.open(io.BytesIO(clerk.look(f"{went}/after").content)).convert("RGB")).astype(int)
    assert after.shape[0] == after.shape[1]
    assert artwork_id in clerk.page(f"/seals/new?artwork={artwork_id}")
    went_to(clerk.send("/seals", **wish(api.world, artwork_id=artwork_id)))
    with api.world.database.reading() as work:
        seal = seal_facts(work, newest(api.world))
        assert seal.artwork_source == "image"
    pdf = artwork_of(api.world.adapters.objects, seal)
    for path, dpi in ((f"{went}/after", 300), (f"/seals/{seal.id}/artwork", 200)):
        marked, bare = (
            page_image(pdf, 1, dpi=dpi, watermark=words, format="png") for words in (PREVIEW_WATERMARK, None)
        )
        assert clerk.look(path).content == marked != bare
    # Nobody else's picture, and no other size than it was cleaned for.
    assert Visitor.of(api, Role.CUSTODIAN).look(went).status_code == 404
    assert (
        clerk.send("/seals", **wish(api.world, artwork_id=artwork_id, width_mm="42", height_mm="42")).status_code == 422
    )
    coarse = {"picture": ("ring.png", red_ring(300), "image/png")}
    refused = clerk.send("/seals/artworks", files=coarse, width_mm="40", height_mm="40")
    assert refused.status_code == 422


def table(world: World, *lines: str) -> bytes:
    head = (
        "name,type,registration_number,branch,custodians,owner,width_mm,height_mm,valid_from,valid_until,purpose,image"
    )
    folder = io.BytesIO()
    with zipfile.ZipFile(folder, "w") as file:
        file.writestr("seals/seals.csv", "\n".join((head, *lines)))
        file.writestr("seals/ring.png", red_ring())
    return folder.getvalue()


def line(world: World, **changes: str) -> str:
    keeper = world.person(Role.CUSTODIAN).login
    usual = {
        "name": "北方公司", "type": "company", "number": "110108", "branch": "north", "custodians": keeper, "owner": "",
        "width": "", "height": "", "from": "2026-11-01", "until": "2029-11-01", "purpose": "", "image": "ring.png",
    }  # fmt: skip
    return ",".join({**usual, **changes}.values())


def test_many_seals_are_looked_at_and_then_applied_for_as_they_were_seen(api: ApiClient):
    world = api.world
    administrator = Visitor.of(api, Role.SEAL_ADMINISTRATOR)
    data = table(world, line(world), line(world, name="北方财务", type="finance", image=""))
    before = len(_states(world))
    went = went_to(administrator.send("/seals/imports", files={"table": ("seals.zip", data, "application/zip")}))
    page = administrator.page(went)
    assert "Nothing has been applied for yet" in page
    assert len(_states(world)) == before
    digest = page.partition('name="sha256" value="')[2][:64]
    assert administrator.send(f"{went}/applications", sha256="0" * 64).status_code == 409
    went_to(administrator.send(f"{went}/applications", sha256=digest))
    assert _states(world).count("applied") == 2
    assert administrator.send(f"{went}/applications", sha256=digest).status_code == 409
    assert _states(world).count("applied") == 2


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"branch": "nowhere"}, "seal-application-malformed"),
        ({"custodians": "nobody"}, "seal-application-malformed"),
        ({"custodians": ""}, "seal-custodian-refused"),
        ({"type": "square"}, "seal-application-malformed"),
        ({"until": "2020-01-01"}, "seal-application-malformed"),
        ({"image": "other.png"}, "seal-import-malformed"),
        ({"width": "99", "height": "99"}, "seal-image-too-coarse"),
        ({"image": "", "name": "🦄"}, "glyph-missing"),
        ({"type": "personal", "image": ""}, "seal-application-malformed"),
    ],
)
def test_a_wrong_line_is_named_and_nothing_is_applied_for(api: ApiClient, changes: dict[str, str], code: str):
    world = api.world
    data = table(world, line(world, image=""), line(world, **changes))
    answer = api.submit("/seal-imports", Role.SEAL_ADMINISTRATOR, files={"table": ("s.zip", data, "application/zip")})
    assert answer.status_code == 201, answer.text
    seen = answer.json()
    assert [each["code"] for each in seen["lines"]] == ["", code]
    assert seen["wrong"] == 1
    refused = api.submit(
        f"/seal-imports/{seen['id']}/applications", Role.SEAL_ADMINISTRATOR, json={"sha256": seen["file_sha256"]}
    )
    assert code_of(refused) == "seal-import-malformed"
    assert "applied" not in _states(world)


@pytest.mark.parametrize("data", [b"", b"PK no zip", b"%PDF-1.7"])
def test_what_is_no_zip_is_refused(api: ApiClient, data: bytes):
    administrator = Visitor.of(api, Role.SEAL_ADMINISTRATOR)
    assert administrator.send("/seals/imports", files={"table": ("s.zip", data, "application/zip")}).status_code == 422


def _states(world: World) -> list[str]:
    with world.database.reading() as work:
        return [seal.state for seal in seals(work, world.actor(work, Role.SEAL_ADMINISTRATOR))]


def test_a_physical_seal_is_entered_handed_over_and_destroyed_before_a_witness(api: ApiClient):
    world = api.world
    administrator = Visitor.of(api, Role.SEAL_ADMINISTRATOR)
    keeper, other = world.person(Role.CUSTODIAN), world.person(Role.APPROVER)
    north = str(world.home.north.branch_id)
    went = went_to(
        administrator.send(
            "/physical-seals",
            name="北方公章",
            type="company",
            branch_id=north,
            keeper_id=str(keeper.id),
            place="safe 1",
        )
    ).partition("?")[0]
    assert "safe 1" in administrator.page(went)
    steps = f"{went}/steps"
    unseen = administrator.send(steps, action="hand-over", reason="leave", keeper_id=str(other.id))
    assert unseen.status_code == 422
    witness = str(world.person(Role.AUDITOR).id)
    went_to(
        administrator.send(
            steps, action="hand-over", reason="leave", keeper_id=str(other.id), witness_id=witness, place="safe 2"
        )
    )
    page = administrator.page(went)
    assert other.login in page
    assert "safe 2" in page
    assert administrator.send(steps, action="destroy", reason="old", witness_id=witness).status_code == 409
    for action in ("report-lost", "find", "unseal", "seal-up"):
        went_to(administrator.send(steps, action=action, reason="so it is"))
    went_to(administrator.send(steps, action="destroy", reason="old", witness_id=witness))
    assert "destroyed" in administrator.page(went)


def test_the_register_holds_electronic_and_physical_seals_also_as_a_table(api: ApiClient):
    world = api.world
    administrator = Visitor.of(api, Role.SEAL_ADMINISTRATOR, language="zh")
    administrator.send(
        "/physical-seals",
        name="=cmd()",
        type="company",
        branch_id=str(world.home.north.branch_id),
        keeper_id=str(world.person(Role.CUSTODIAN).id),
        place="safe",
    )
    assert "印章台账" in administrator.page("/seals")
    data = administrator.look("/seals.csv").content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(data)))
    assert rows[0][:3] == ["类别", "名称", "类型"]
    assert {row[0] for row in rows[1:]} == {"电子", "实物"}
    assert any(row[1] == "'=cmd()" for row in rows)


def test_the_log_of_uses_tells_who_where_and_which_copies(api: ApiClient):
    world = api.world
    world.issued(copies=2, own_reference="OA-9")
    keeper = Visitor.of(api, Role.CUSTODIAN)
    seal_id = world.home.north.seal_id
    page = keeper.page(f"/seals/{seal_id}/uses")
    for told in ("供货合同", world.person(Role.CLERK).login, world.person(Role.APPROVER).login):
        assert told in page
    assert page.count("ready to be released") == 2
    rows = list(csv.reader(io.StringIO(keeper.look(f"/seals/{seal_id}/uses.csv").content.decode("utf-8-sig"))))
    assert len(rows) == 3
    assert {row[-2] for row in rows[1:]} == {"OA-9"}
    with world.database.reading() as work:
        assert seal_facts(work, seal_id).uses == 2
    for role in (Role.CLERK, Role.APPROVER):
        assert Visitor.of(api, role).look(f"/seals/{seal_id}/uses").status_code == 404
    assert api.fetch(f"/seals/{seal_id}/uses", Role.AUDITOR).json()["items"][0]["agreed"]


def test_programs_do_the_same(api: ApiClient):
    world = api.world
    form = wish(world)
    days = {name: f"{form[name]}T00:00:00Z" for name in ("valid_from", "valid_until")}
    body = {
        "type": "contract", "name": "示例", "branch_id": form["branch_id"], "custodians": [form["custodians"]], **days,
    }  # fmt: skip
    made = api.submit("/seals", Role.CLERK, json=body)
    assert made.status_code == 201, made.text
    seal_id = made.json()["id"]
    assert api.submit("/seals/previews", Role.CLERK, json={"type": "oval", "name": "示🦄"}).json()["missing"] == ["🦄"]
    step = api.submit(f"/seals/{seal_id}/steps", Role.KEY_OFFICER, json={"action": "approve"})
    assert step.status_code == 201, step.text
    (open_step,) = api.fetch(f"/seals/{seal_id}/steps", Role.KEY_OFFICER).json()
    assert (open_step["outcome"], open_step["statement_state"]) == ("open", "proposed")
    again = api.submit(f"/seals/{seal_id}/steps", Role.SEAL_ADMINISTRATOR, json={"action": "approve"})
    assert code_of(again) == "seal-step-open"
    gone = api.submit(f"/seals/{seal_id}/withdrawals", Role.CLERK, json={"reason": "a mistake"})
    assert gone.json()["state"] == "withdrawn"
    north = world.home.north.seal_id
    stopped = api.submit(f"/seals/{north}/suspensions", Role.CUSTODIAN, json={"reason": "lost"})
    assert stopped.json()["state"] == "suspended"
    assert any(each["id"] == str(north) for each in api.fetch("/seal-ledger", Role.AUDITOR).json())
