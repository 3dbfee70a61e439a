"""Small Office files made for the tests: nothing of anybody else's."""

from __future__ import annotations

import io
import zipfile
from typing import Final

_TYPES: Final = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)
_RELATIONS: Final = (
    '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}'
    "</Relationships>"
)
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_WORDS: Final = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def word_file(
    text: str, font: str, asian: str = "", *, relation: str = "", inside: str = "", font_table: str = ""
) -> bytes:
    """relation: of the document, as XML.   inside: more of its body."""
    written = io.BytesIO()
    body = (
        f'<w:p><w:r><w:rPr><w:rFonts w:ascii="{font}" w:hAnsi="{font}" w:eastAsia="{asian}"/></w:rPr>'
        f"<w:t>{text}</w:t></w:r></w:p>{inside}"
    )
    main = f'<Relationship Id="r1" Type="{_OFFICE}/officeDocument" Target="word/document.xml"/>'
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", _TYPES)
        package.writestr("_rels/.rels", _RELATIONS.format(main))
        package.writestr("word/_rels/document.xml.rels", _RELATIONS.format(relation))
        package.writestr(
            "word/document.xml", f'<?xml version="1.0"?><w:document {_WORDS}><w:body>{body}</w:body></w:document>'
        )
        if font_table:
            package.writestr("word/fontTable.xml", f'<?xml version="1.0"?><w:fonts {_WORDS}>{font_table}</w:fonts>')
    return written.getvalue()


def outside(kind: str, target: str) -> str:
    """A relation to something that lies elsewhere."""
    return f'<Relationship Id="r9" Type="{_OFFICE}/{kind}" Target="{target}" TargetMode="External"/>'


def open_text(content: str, *, mimetype: str = "application/vnd.oasis.opendocument.text") -> bytes:
    """content: of `content.xml`, inside its root."""
    names = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{path}:1.0"'
        for name, path in (("office", "office"), ("style", "style"), ("text", "text"), ("draw", "drawing"))
    )
    names += ' xmlns:svg="urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0" xmlns:xlink="http://www.w3.org/1999/xlink"'
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as package:
        package.writestr("mimetype", mimetype)
        package.writestr(
            "content.xml", f'<?xml version="1.0"?><office:document-content{names}>{content}</office:document-content>'
        )
    return written.getvalue()
