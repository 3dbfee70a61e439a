"""The archive's pages: searching, looking, the catalogue, numbers, and another try at a searchable file."""

from __future__ import annotations

import io
import re

from reportlab.pdfgen.canvas import Canvas
from sqlalchemy import update

from printserver.archive.models import ArchiveRecord
from printserver.organisations.permissions import Role
from tests.http.api_client import ApiClient
from tests.http.page_visitor import Visitor, shown_again, went_to


def test_the_archive_is_searched_and_looking_fetches_no_file(api: ApiClient):
    record_id = api.world.archived(title="Sale of a mill", own_reference="OA-33")
    archivist = Visitor.of(api, Role.ARCHIVIST)
    assert str(record_id) in archivist.page("/archive?query=OA-33")
    assert "Nothing was found." in archivist.page("/archive?query=OA-34")
    before = api.world.row_counts()
    page = archivist.page(f"/archive/{record_id}")
    assert "Sale of a mill" in page
    assert f"/api/v1/archive/{record_id}/issued.pdf" in page
    assert f"/api/v1/archive/{record_id}/pages/1/issued-image" in page
    assert '<img src="/api' not in page
    assert api.world.row_counts() == before | {"audit_entry": before["audit_entry"] + 1}
    assert api.world.events()[-1] == "ArchiveRecordViewed"


def test_a_search_is_kept_used_and_forgotten_and_the_catalogue_is_taken_out(api: ApiClient):
    api.world.archived(title="Sale of a barn", own_reference="OA-44")
    archivist = Visitor.of(api, Role.ARCHIVIST)
    kept = went_to(archivist.send("/archive/searches", title="barn", name="barns & mills", currency="CNY"))
    assert "Sale of a barn" in archivist.page(kept)
    listed = archivist.page("/archive")
    assert "barns & mills" in listed
    assert "/archive?title=barn" in listed
    forgetting = re.findall(r"/archive/searches/[0-9a-f-]{36}/discardings", listed)[-1]
    assert forgetting not in Visitor.of(api, Role.AUDITOR).page("/archive")
    went_to(archivist.send(forgetting))
    assert "barns & mills" not in archivist.page("/archive")
    assert archivist.send("/archive/searches", title="barn", name=" ").status_code == 422
    assert api.world.events()[-2:] == ["SearchSaved", "SearchForgotten"]
    year = api.world.database.clock.now().year
    assert f"/archive/catalogue.csv?catalogue={year}" in archivist.page("/archive/catalogue")
    table = archivist.look(f"/archive/catalogue.csv?catalogue={year}")
    assert "Sale of a barn" in table.content.decode("utf-8-sig")
    assert api.world.events()[-1] == "CatalogueExported"


def test_mistyped_searches_of_the_archive_are_said_beside_the_form(api: ApiClient):
    archivist = Visitor.of(api, Role.ARCHIVIST)
    for query in ("least=much", "since=tomorrow", "branch=north", "held=perhaps", "words=合"):
        answer = archivist.look(f"/archive?{query}")
        assert answer.status_code == 422, query
        assert 'role="alert"' in answer.text


def test_what_is_too_long_to_look_for_is_said_in_the_form_and_kept(api: ApiClient):
    archivist, text = Visitor.of(api, Role.ARCHIVIST), "x" * 501
    for language, said in (("en", "At most 500 characters"), ("zh", "每个查询栏最多 500 个字符")):
        answer = archivist.look(f"/archive?lang={language}&words={text}&title=kept")
        assert answer.status_code == 422
        assert said in answer.text
        assert f'value="{text}"' in answer.text
        assert 'name="query"' in answer.text
    assert f'value="{text}"' in shown_again(archivist.send("/archive/searches", name="long", words=text), 422)


def test_a_number_or_serial_leads_to_its_record(api: ApiClient):
    record_id = api.world.archived(title="Sale of a quarry")
    with api.world.database.reading() as work:
        record = work.session.get_one(ArchiveRecord, record_id)
    archivist = Visitor.of(api, Role.ARCHIVIST)
    for typed in (f"query={record.number}", f"words={record.serial}"):
        assert archivist.look(f"/archive?{typed}").headers["location"] == f"/archive/{record_id}"
    assert archivist.look(f"/archive?query={record.number}&title=Sale").status_code == 200


def test_the_pages_on_which_the_words_stand_are_told(api: ApiClient):
    record_id = api.world.archived(title="Sale of a brewery")
    written = io.BytesIO()
    canvas = Canvas(written)
    for text in ("first page", "the Warehouse stays"):
        canvas.drawString(72, 700, text)
        canvas.showPage()
    canvas.save()
    digest = api.world.adapters.objects.put(written.getvalue(), api.world.home.id)
    with api.world.database.work() as work:
        chosen = update(ArchiveRecord).where(ArchiveRecord.id == record_id)
        work.session.execute(chosen.values(searchable_sha256=digest))
    page = Visitor.of(api, Role.ARCHIVIST).page(f"/archive/{record_id}?words=warehouse")
    assert "…the <mark>Warehouse</mark> stays…" in page
    assert api.world.events()[-2:] == ["ArchiveRecordViewed", "ArchivedFileRead"]
    found = api.fetch(f"/archive/{record_id}/hits?words=WAREHOUSE", Role.ARCHIVIST).json()
    assert found == [{"page": 2, "before": "the", "words": "Warehouse", "after": "stays"}]


def test_a_failed_searchable_file_says_why_and_is_tried_again_once(api: ApiClient):
    record_id = api.world.archived(title="Sale of a shed")
    with api.world.database.work() as work:
        work.session.execute(update(ArchiveRecord).values(searchable_state="failed", searchable_failure="NotPdfA: <x>"))
    address = f"/archive/{record_id}"
    auditor, archivist = Visitor.of(api, Role.AUDITOR), Visitor.of(api, Role.ARCHIVIST)
    assert f"{address}/searchable" not in auditor.page(address)
    assert "NotPdfA: <x>" in archivist.page(address)
    assert went_to(archivist.send(f"{address}/searchable")).startswith(address)
    assert "on its way" in shown_again(archivist.send(f"{address}/searchable"), 409)
    assert api.world.events().count("SearchableAskedAgain") == 1


def test_the_form_of_archive_numbers_is_chosen_for_the_whole_organisation(api: ApiClient):
    keeper = Visitor.of(api, Role.DOCUMENT_ADMINISTRATOR, api.world.home.head)
    assert "{year}-{sequence}" in keeper.page("/archive/numbering")
    wrong = keeper.send("/archive/numbering", pattern="{year}", fonds="")
    assert 'value="{year}"' in shown_again(wrong, 422)
    went_to(keeper.send("/archive/numbering", pattern="{fonds}-{year}-{sequence}", fonds="X043"))
    year = api.world.database.clock.now().year
    assert f"X043-{year}-000001" in keeper.page("/archive/numbering")
    elsewhere = Visitor.of(api, Role.DOCUMENT_ADMINISTRATOR)
    assert elsewhere.send("/archive/numbering", pattern="{year}-{sequence}", fonds="").status_code == 403
