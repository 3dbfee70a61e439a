"""A new request's form: what is wrong is told where it was typed, and nothing that was typed is ever lost."""

from __future__ import annotations

from uuid import UUID

from printserver.organisations.permissions import Role
from printserver.print_requests import drafts
from tests.cups_rig import contract_pdf
from tests.http.api_client import ApiClient
from tests.http.page_visitor import Visitor, first, went_to
from tests.http.request_form import but_forms, draft_at, fields_of, request_id_of, seen_of, shown_after


def test_what_is_wrong_stands_beside_its_field_and_nothing_typed_is_lost(api: ApiClient):
    clerk = Visitor.of(api, Role.CLERK)
    fields = fields_of(clerk.page(draft_at(clerk)))
    before = but_forms(api.world.row_counts())
    typed = fields | {"title": "", "copies": "1000", "place_x": "left", "purpose": "for <us>", "own_reference": "OA-1"}
    text = shown_after(clerk, **typed, action="submit")
    for name in ("title", "copies", "place-0"):
        assert f'id="{name}-problem" role="alert"' in text
    assert 'id="seal_id-problem"' not in text
    for kept in ('value="1000"', 'value="left"', "for <us></textarea>", 'value="OA-1"'):
        assert kept in text
    assert but_forms(api.world.row_counts()) == before


def test_an_address_that_only_takes_forms_leads_to_the_page_of_the_form(api: ApiClient):
    clerk = Visitor.of(api, Role.CLERK)
    request_id = api.world.pending()
    assert went_to(clerk.look(f"/requests/{request_id}/approvals?lang=zh")) == f"/requests/{request_id}?lang=zh"
    assert went_to(clerk.look("/sign-out")) == "/"


def test_a_seal_over_the_code_is_refused_beside_the_places(api: ApiClient):
    clerk = Visitor.of(api, Role.CLERK, language="zh")
    fields = fields_of(clerk.page(draft_at(clerk))) | {"place_x": "185", "place_y": "30"}
    text = shown_after(clerk, **fields, action="submit")
    assert 'id="places-problem" role="alert"' in text
    assert "会遮挡验证码" in text


def test_places_are_added_removed_and_pages_shown_without_scripts(api: ApiClient):
    clerk = Visitor.of(api, Role.CLERK)
    fields = fields_of(clerk.page(draft_at(clerk)))
    text = shown_after(clerk, **fields, action="show-1")
    assert 'data-page="1"' in text
    text = shown_after(clerk, **{**fields, "shown": "1"}, action="add")
    assert text.count('name="place_page"') == 2
    several = {**fields, "place_page": ["2", "1"], "place_x": ["100", "60"], "place_y": ["200", "150"]}
    text = shown_after(clerk, **several, action="remove-0")
    assert text.count('name="place_page"') == 1
    assert 'value="60"' in text
    several |= {"seen": seen_of(clerk, several, "is far from any text")}
    assert api.world.copies(request_id_of(clerk.send("/requests", **several, action="submit"))) == []


def test_what_was_typed_is_shown_again_at_each_address_in_either_language_and_to_its_person_alone(api: ApiClient):
    clerk = Visitor.of(api, Role.CLERK)
    begun = draft_at(clerk)
    fields = fields_of(clerk.page(begun)) | {"title": "a lease for us", "party_name": "", "party_kind": "company"}
    again = went_to(clerk.send("/requests", **fields, action="party-add"))
    assert again.endswith("#parties")
    for path in (begun, again.partition("#")[0]):
        assert 'value="a lease for us"' in clerk.page(path)
        assert clerk.page(path).count('name="party_name"') == 2
    chinese = went_to(clerk.send("/requests", **fields, action="language-zh"))
    text = clerk.page(chinese)
    assert ('lang="zh-CN"' in text, 'value="a lease for us"' in text) == (True, True)
    wrong = went_to(clerk.send("/requests", **{**fields, "copies": "0"}, action="submit"))
    for language, words in (("en", "Some fields cannot be used yet"), ("zh", "有些栏目还不能使用")):
        assert words in clerk.page(f"{wrong}&lang={language}")
    typed = clerk.send("/requests/forms", **{**fields, "title": "typed on"})
    assert (typed.status_code, 'value="typed on"' in clerk.page(begun)) == (204, True)
    other = Visitor.of(api, Role.CLERK, api.world.home.south)
    form = first(r"form=([0-9a-f-]{36})", begun)
    assert 'type="file"' in other.page(f"/requests/new?form={form}")
    assert went_to(other.look(f"/requests/new/checked?form={form}")) == "/requests/new"
    assert other.send("/requests/forms", key=form, title="theirs").status_code == 404
    assert 'value="typed on"' in clerk.page(begun)


def test_a_saved_draft_shows_what_was_typed_after_it_was_saved_until_it_is_saved_again(api: ApiClient):
    clerk = Visitor.of(api, Role.CLERK)
    fields = fields_of(clerk.page(draft_at(clerk))) | {"title": "first"}
    saved = went_to(clerk.send("/requests", **fields, action="save"))
    api.world.clock.advance(60)
    page = clerk.page(saved)
    assert 'value="first"' in page
    assert clerk.send("/requests/forms", **{**fields_of(page), "title": "second"}).status_code == 204
    assert 'value="second"' in clerk.page(saved)
    api.world.clock.advance(60)
    assert went_to(clerk.send("/requests", **{**fields_of(page), "title": "third"}, action="save")) == saved
    assert 'value="third"' in clerk.page(saved)
    assert clerk.page("/requests/drafts").count("/requests/new?saved=") == 1
    api.world.clock.advance(60)
    draft_id = UUID(first(r"saved=([0-9a-f-]{36})", saved))
    with api.world.database.work() as work:
        actor = api.world.actor(work, Role.CLERK)
        kept = drafts.draft_facts(work, actor, draft_id).kept
        drafts.save_draft(work, actor, kept, {"title": "by a program"}, draft_id=draft_id)
    assert 'value="by a program"' in clerk.page(saved)


def test_seals_words_and_edges_are_added_checked_and_handed_in_without_scripts(api: ApiClient):
    clerk = Visitor.of(api, Role.CLERK)
    page = clerk.page(draft_at(clerk))
    fields = fields_of(page)
    text = shown_after(clerk, **fields, action="straddle-0")
    assert "on a page" in text
    assert 'name="place_which"' in text
    rows = {"place_seal": ["0", "0"], "place_kind": ["keyword", "straddle"], "place_page": ["", "all"]}
    rows |= {"place_x": ["10", "0"], "place_y": ["20", "150"], "place_word": ["this is", ""]}
    rows |= {"place_which": ["last", "right"], "place_group": ["", ""]}
    text = shown_after(clerk, **{**fields, **rows}, action="check")
    assert text.count('class="spot-slice"') == 1
    assert text.count('class="spot-seal"') == 1
    assert text.count('class="spot-code"') == 2
    assert "The places can be used." in text
    before = but_forms(api.world.row_counts())
    twice = {**fields, **rows, "further_seal": fields["seal_id"]}
    on_page = {"seal": "1", "kind": "page", "page": "1", "x": "100", "y": "150", "word": "", "which": "", "group": ""}
    twice |= {f"place_{name}": [*rows[f"place_{name}"], value] for name, value in on_page.items()}
    text = shown_after(clerk, **twice, action="submit")
    assert "each of them once" in text
    assert but_forms(api.world.row_counts()) == before
    request_id = request_id_of(clerk.send("/requests", **{**fields, **rows}, action="submit"))
    api.world.prepare(request_id)
    shown = clerk.page(f"/requests/{request_id}")
    assert "at the last words “this is”" in shown
    assert "drawn at 3 places" in shown


def test_the_script_is_told_where_seals_would_stand_and_what_is_wrong(api: ApiClient):
    clerk = Visitor.of(api, Role.CLERK, language="zh")
    page = clerk.page(draft_at(clerk))
    path = first(r'data-check="([^"]+)"', page)
    answer = clerk.send(path, **{**fields_of(page), "place_x": "185", "place_y": "30"}).json()
    assert [spot["kind"] for spot in answer["spots"]] == ["code", "code", "seal"]
    assert "第 2 页：第 1 枚印章（185 × 30 mm 处）会遮挡验证码。" in [each["text"] for each in answer["findings"]]
    assert answer["seen"] == ""
    unreadable = clerk.send(path, **{**fields_of(page), "place_x": "left"}).json()
    assert unreadable == {"page": 0, "spots": [], "findings": [], "seen": ""}
    other = Visitor.of(api, Role.CLERK, api.world.home.south)
    assert other.send(path, **fields_of(page)).status_code == 404


def test_slices_of_a_shared_page_are_pulled_from_where_their_place_stands(api: ApiClient):
    clerk = Visitor.of(api, Role.CLERK)
    page = clerk.page(draft_at(clerk, contract_pdf(5)))
    typed = fields_of(page) | {"place_kind": "straddle", "place_page": "all", "place_y": "", "place_which": "right"}
    typed |= {"place_x": "0", "place_group": "3", "shown": "3"}
    spots = clerk.send(first(r'data-check="([^"]+)"', page), **typed).json()["spots"][2:]
    assert [(each["y"] + each["height"] / 2, each["along"]) for each in spots] == [(148.5, 148.5), (190.5, 148.5)]
