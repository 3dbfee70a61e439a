"""Documents that would do, hide or fetch something, each made by hand."""

from __future__ import annotations

import io
import warnings
import zlib
from collections.abc import Callable
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, String

from tests.unit.rendering.papers import pdf_of

VISIBLE = b"BT /F1 20 Tf 100 700 Td (visible) Tj ET 0 0 1 rg 100 500 200 100 re f"
HELVETICA = Dictionary(Font=Dictionary(F1=Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)))
SCRIPT = Dictionary(S=Name.JavaScript, JS=String("app.alert(1)"))


def made(change: Callable[[pikepdf.Pdf, Object], None]) -> bytes:
    """A page with visible content, after `change` of the document and its page."""
    target = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf_of(Dictionary(Resources=HELVETICA), content=VISIBLE))) as pdf:
        change(pdf, pdf.pages[0].obj)
        with warnings.catch_warnings(action="ignore"):  # pikepdf warns of form fields that no form lists
            pdf.save(target)
    return target.getvalue()


def _set(**entries: Any) -> Callable[[pikepdf.Pdf, Object], None]:
    def change(pdf: pikepdf.Pdf, _: Object) -> None:
        for key, value in entries.items():
            pdf.Root[f"/{key}"] = value

    return change


def _annotation(**entries: Any) -> Callable[[pikepdf.Pdf, Object], None]:
    def change(_: pikepdf.Pdf, page: Object) -> None:
        annotation = Dictionary(Type=Name.Annot, Rect=Array([100, 100, 200, 200]))
        for key, value in entries.items():
            annotation[f"/{key}"] = value
        page.Annots = Array([annotation])

    return change


def _embedded_file(pdf: pikepdf.Pdf, _: Object) -> None:
    pdf.attachments["payload.exe"] = b"MZ" * 100


def _metadata(pdf: pikepdf.Pdf, page: Object) -> None:
    pdf.Root.Metadata = pdf.make_stream(b"<x:xmpmeta/>")
    page.PieceInfo = Dictionary(Private=SCRIPT)
    page.Metadata = pdf.Root.Metadata


def _hidden_in_resources(pdf: pikepdf.Pdf, page: Object) -> None:
    """Scripts as strange keys of a font, a graphics state, a form and an image."""
    font = page.Resources.Font.F1
    font.AA = SCRIPT
    form = pdf.make_stream(b"0 g 10 10 10 10 re f", Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 99, 99]))
    form.OpenAction, form.OPI, form.Metadata = SCRIPT, SCRIPT, SCRIPT
    image = pdf.make_stream(b"\0", Type=Name.XObject, Subtype=Name.Image, Width=1, Height=1, BitsPerComponent=8)
    image.ColorSpace, image.Alternates, image.A = Name.DeviceGray, Array([SCRIPT]), SCRIPT
    page.Resources.XObject = Dictionary(Form=form, Image=image)
    page.Resources.ExtGState = Dictionary(G=Dictionary(HT=SCRIPT, TR=SCRIPT, CA=1, Launch=SCRIPT))
    page.Resources.Properties = Dictionary(P=Dictionary(Type=Name.OCG, JS=String("x")))


def _layers(pdf: pikepdf.Pdf, page: Object) -> None:
    layer = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String("layer")))
    pdf.Root.OCProperties = Dictionary(OCGs=Array([layer]), D=Dictionary(ON=Array([layer])))
    page.Resources.Properties = Dictionary(L=layer)


def _postscript(pdf: pikepdf.Pdf, page: Object) -> None:
    page.Resources.XObject = Dictionary(P=pdf.make_stream(b"showpage", Type=Name.XObject, Subtype=Name.PS))
    page.Contents = pdf.make_stream(VISIBLE + b" /P Do")


DISARMED: dict[str, bytes] = {
    "JavaScript at opening": made(_set(OpenAction=SCRIPT)),
    "JavaScript by name": made(_set(Names=Dictionary(JavaScript=Dictionary(Names=Array([String("x"), SCRIPT]))))),
    "JavaScript of the page": made(lambda pdf, page: page.__setitem__("/AA", Dictionary(O=SCRIPT))),
    "Launch": made(_set(OpenAction=Dictionary(S=Name.Launch, F=String("cmd.exe")))),
    "GoToR": made(_set(OpenAction=Dictionary(S=Name.GoToR, F=String("//host/share/x.pdf")))),
    "link with URI": made(
        _annotation(Subtype=Name.Link, F=4, A=Dictionary(S=Name.URI, URI=String("http://127.0.0.1:9/")))
    ),
    "file attachment": made(
        _annotation(Subtype=Name.FileAttachment, F=4, FS=Dictionary(Type=Name.Filespec, EF=Dictionary()))
    ),
    "embedded file": made(_embedded_file),
    "XFA": made(_set(AcroForm=Dictionary(Fields=Array(), XFA=Array([String("template"), String("<x/>")])))),
    "submit form": made(
        _annotation(Subtype=Name.Widget, FT=Name.Btn, F=4, A=Dictionary(S=Name.SubmitForm, F=String("http://h/")))
    ),
    "rich media": made(_annotation(Subtype=Name.RichMedia, F=4, RichMediaContent=Dictionary(JS=String("x")))),
    "metadata": made(_metadata),
    "base URI": made(_set(URI=Dictionary(Base=String("http://h/")))),
    "outlines": made(_set(Outlines=Dictionary(First=Dictionary(A=SCRIPT)))),
    "hidden in resources": made(_hidden_in_resources),
    "layers that are all shown": made(_layers),
    "PostScript": made(_postscript),
}


def _external_content(pdf: pikepdf.Pdf, page: Object) -> None:
    page.Contents.F = String("//host/share/content")


def _external_image(pdf: pikepdf.Pdf, page: Object) -> None:
    image = pdf.make_stream(b"\0", Type=Name.XObject, Subtype=Name.Image, Width=1, Height=1, BitsPerComponent=8)
    image.ColorSpace, image.F = Name.DeviceGray, Dictionary(FS=Name.URL, F=String("http://h/"))
    page.Resources.XObject = Dictionary(I=image)


def _external_form(pdf: pikepdf.Pdf, page: Object) -> None:
    form = pdf.make_stream(b"", Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 1, 1]))
    form.F = String("//host/share/form")
    page.Resources.XObject = Dictionary(F=form)


def _reference(pdf: pikepdf.Pdf, page: Object) -> None:
    form = pdf.make_stream(b"", Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 1, 1]))
    form.Ref = Dictionary(F=String("other.pdf"), Page=0)
    page.Resources.XObject = Dictionary(R=form)


def _hidden_layer(pdf: pikepdf.Pdf, page: Object) -> None:
    _layers(pdf, page)
    pdf.Root.OCProperties.D = Dictionary(OFF=pdf.Root.OCProperties.OCGs)


def _layer_for_screens(pdf: pikepdf.Pdf, page: Object) -> None:
    _layers(pdf, page)
    pdf.Root.OCProperties.OCGs[0].Usage = Dictionary(Print=Dictionary(PrintState=Name.OFF))


def _hidden_unless_named(pdf: pikepdf.Pdf, page: Object) -> None:
    _layers(pdf, page)
    pdf.Root.OCProperties.D = Dictionary(BaseState=Name.OFF)


def _shown_while_a_layer_is_not(pdf: pikepdf.Pdf, page: Object) -> None:
    """All layers are on, so that no viewer shows it."""
    _layers(pdf, page)
    layers = pdf.Root.OCProperties.OCGs
    page.Resources.Properties.M = Dictionary(Type=Name.OCMD, OCGs=layers, P=Name.AllOff)


def _form_of_no_layer(pdf: pikepdf.Pdf, page: Object) -> None:
    _layers(pdf, page)
    form = pdf.make_stream(b"", Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 1, 1]))
    wanted = Array([Name.Not, pdf.Root.OCProperties.OCGs[0]])
    form.OC = Dictionary(Type=Name.OCMD, VE=wanted)
    page.Resources.XObject = Dictionary(F=form)


def _image_of_no_layer(pdf: pikepdf.Pdf, page: Object) -> None:
    _form_of_no_layer(pdf, page)
    image = pdf.make_stream(b"\0", Type=Name.XObject, Subtype=Name.Image, Width=1, Height=1, BitsPerComponent=8)
    image.ColorSpace, image.OC = Name.DeviceGray, page.Resources.XObject.F.OC
    page.Resources.XObject = Dictionary(I=image)


def _printed_note_of_no_layer(pdf: pikepdf.Pdf, page: Object) -> None:
    _form_of_no_layer(pdf, page)
    form = page.Resources.XObject.F
    wanted = form.OC
    del form.OC
    _annotation(Subtype=Name.Stamp, F=4, AP=Dictionary(N=form), OC=wanted)(pdf, page)


def _encrypted(**passwords: Any) -> bytes:
    return pdf_of(Dictionary(), content=VISIBLE, encryption=pikepdf.Encryption(**passwords))


def _nested_forms(pdf: pikepdf.Pdf, page: Object) -> None:
    inner = pdf.make_stream(b"", Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 1, 1]))
    for _ in range(200):
        outer = pdf.make_stream(b"/X Do", Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 1, 1]))
        outer.Resources = Dictionary(XObject=Dictionary(X=inner))
        inner = outer
    page.Resources.XObject = Dictionary(X=inner)


def _strange_filter(pdf: pikepdf.Pdf, page: Object) -> None:
    page.Contents.Filter = Name.Unknown


def _image_under_a_strange_filter(pdf: pikepdf.Pdf, page: Object) -> None:
    image = pdf.make_stream(b"\0", Type=Name.XObject, Subtype=Name.Image, Width=1, Height=1, BitsPerComponent=8)
    image.ColorSpace, image.Filter = Name.DeviceGray, Name.Unknown
    page.Resources.XObject = Dictionary(I=image)


REFUSED: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "document-not-pdf"),
    "text": (b"Dear Sir", "document-not-pdf"),
    "polyglot": (b"GIF89a" + made(_set()), "document-not-pdf"),
    "byte order mark": (b"\xef\xbb\xbf" + made(_set()), "document-not-pdf"),
    "header alone": (b"%PDF-1.7\n", "document-damaged"),
    "half": (made(_set())[:-200], "document-damaged"),
    "no pages": (pdf_of(), "document-empty"),
    "501 pages": (pdf_of(*(Dictionary() for _ in range(501))), "document-too-many-pages"),
    "password": (_encrypted(user="secret", owner="owner"), "document-protected"),
    "owner's password": (_encrypted(user="", owner="owner"), "document-protected"),
    "page of three metres": (pdf_of(Dictionary(MediaBox=Array([0, 0, 8600, 100]))), "document-page-too-large"),
    "page without area": (pdf_of(Dictionary(MediaBox=Array([0, 0, 0, 0]))), "document-damaged"),
    "page turned by 45 degrees": (pdf_of(Dictionary(Rotate=45)), "document-damaged"),
    "content in another file": (made(_external_content), "document-outside"),
    "image in another file": (made(_external_image), "document-outside"),
    "form in another file": (made(_external_form), "document-outside"),
    "page of another file": (made(_reference), "document-outside"),
    "hidden layer": (made(_hidden_layer), "document-hidden-layers"),
    "layer for screens only": (made(_layer_for_screens), "document-hidden-layers"),
    "layers hidden unless named": (made(_hidden_unless_named), "document-hidden-layers"),
    "content shown while a layer is not": (made(_shown_while_a_layer_is_not), "document-hidden-layers"),
    "form shown while a layer is not": (made(_form_of_no_layer), "document-hidden-layers"),
    "image shown while a layer is not": (made(_image_of_no_layer), "document-hidden-layers"),
    "note printed while a layer is not": (made(_printed_note_of_no_layer), "document-hidden-layers"),
    "portfolio": (made(_set(Collection=Dictionary(View=Name.T))), "document-portfolio"),
    "form drawn by a program": (made(_set(NeedsRendering=True)), "document-look-not-fixed"),
    "field without a look": (
        made(_annotation(Subtype=Name.Widget, FT=Name.Tx, F=4, V=String("one million"))),
        "document-look-not-fixed",
    ),
    "comment without a look": (
        made(_annotation(Subtype=Name.FreeText, F=4, Contents=String("x"))),
        "document-look-not-fixed",
    ),
    "forms within forms": (made(_nested_forms), "document-damaged"),
    "unknown filter": (made(_strange_filter), "document-damaged"),
    "image under an unknown filter": (made(_image_under_a_strange_filter), "document-damaged"),
}


def flate_bomb() -> bytes:
    """Six hundred megabytes of blanks as the content of a page, in less than one of file."""
    squeezer = zlib.compressobj(9)
    block = b" " * (1 << 24)
    squeezed = b"".join(squeezer.compress(block) for _ in range(40)) + squeezer.flush()

    def change(pdf: pikepdf.Pdf, page: Object) -> None:
        page.Contents = pikepdf.Stream(pdf, squeezed, Filter=Name.FlateDecode)

    return made(change)


def drawing_bomb() -> bytes:
    """Forms that draw one another ten times, ten deep: ten thousand million rectangles."""

    def change(pdf: pikepdf.Pdf, page: Object) -> None:
        inner = pdf.make_stream(b"0 0 1 1 re f", Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 999, 999]))
        for _ in range(10):
            outer = pdf.make_stream(b"/X Do " * 10, Type=Name.XObject, Subtype=Name.Form, BBox=inner.BBox)
            outer.Resources = Dictionary(XObject=Dictionary(X=inner))
            inner = outer
        page.Resources.XObject = Dictionary(X=inner)
        page.Contents = pdf.make_stream(b"/X Do")

    return made(change)
