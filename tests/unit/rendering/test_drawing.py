"""What was drawn becomes pages and forms that need nothing and hold nothing of when they were made."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor

import pikepdf
from reportlab.pdfgen.pathobject import PDFPathObject

from printserver.rendering.drawing import VectorCanvas, fill, forms_drawn, page_drawn
from printserver.rendering.seal_artwork import draw_company_seal
from tests.unit.rendering.papers import canvas_content, raster


def square() -> VectorCanvas:
    canvas = VectorCanvas()
    path = canvas.beginPath()
    path.rect(10, 20, 30, 40)
    fill(canvas, path)
    return canvas


def test_a_canvas_holds_what_was_drawn_and_chooses_no_font():
    assert canvas_content(square()).split() == ["n", "10", "20", "30", "40", "re", "f"]


def test_a_page_drawn_has_its_size_and_neither_resources_nor_information(tmp_path):
    page = page_drawn(square(), 100, 200)
    assert page == page_drawn(square(), 100, 200)
    assert not any(word in page for word in (b"ReportLab", b"reportlab", b"Date", b"/Info", b"/Font"))
    assert raster(page, tmp_path, dpi=72).size == (100, 200)


def test_a_hole_runs_against_the_direction_of_what_it_is_cut_from(tmp_path):
    canvas = VectorCanvas()
    path = canvas.beginPath()
    path.circle(50, 50, 40)
    path.arc(30, 30, 70, 70, 0, -360)
    fill(canvas, path)
    picture = raster(page_drawn(canvas, 100, 100), tmp_path, dpi=72)
    assert [picture.getpixel((x, 50)) for x in (5, 20, 50)] == [(255, 255, 255), (0, 0, 0), (255, 255, 255)]


def test_forms_keep_the_way_they_are_blended_and_refer_to_nothing_else():
    canvas = VectorCanvas()
    for size in ((100, 200), (300, 400)):
        canvas.setPageSize(size)
        canvas.setBlendMode("Multiply")
        canvas.drawPath(PDFPathObject(["0 0 5 5 re"]), stroke=0, fill=1)
        canvas.showPage()
    with pikepdf.new() as pdf:
        forms = forms_drawn(canvas, pdf)
        assert [[float(side) for side in form.BBox] for form in forms] == [[0, 0, 100, 200], [0, 0, 300, 400]]
        assert [list(form.Resources.keys()) for form in forms] == [["/ExtGState"]] * 2
        (state,) = forms[0].Resources.ExtGState.values()
        assert state.BM == "/Multiply"
        pdf.Root.Forms = pikepdf.Array(forms)
        saved = io.BytesIO()
        pdf.save(saved)
    assert saved.getvalue()


def test_threads_that_draw_at_once_do_not_disturb_one_another():
    names = ["北京测试印务科技有限公司", "上海样品贸易有限公司"] * 8
    alone = [draw_company_seal(name, "1101080123456") for name in names[:2]]
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(lambda name: draw_company_seal(name, "1101080123456"), names)) == alone * 8
