"""The form of what is said of a class of documents, as typed."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from printserver.approvals.classes import ClassDescription, PublicView
from printserver.rendering.security_marks import MarksChoice
from printserver.rendering.watermark import Watermark

Name = Annotated[str, Field(max_length=100)]


class TypedClass(BaseModel):
    """`seal_types`: with spaces between.   Boxes that are not ticked are not sent."""

    model_config = ConfigDict(frozen=True)

    name_zh: Name = ""
    name_en: Name = ""
    retention: Name = ""
    seal_types: Annotated[str, Field(max_length=500)] = ""
    printer_id: Annotated[str, Field(max_length=36)] = ""
    retired: bool = False
    public_view: Annotated[str, Field(max_length=10)] = PublicView.MASKED.value
    microtext: bool = False
    pantograph: bool = False
    guilloche: bool = False
    watermark_text: Annotated[str, Field(max_length=200)] = ""
    watermark_number: bool = False
    watermark_tiled: bool = False

    def description(self, code: str) -> ClassDescription:
        """Raises WatermarkMalformed."""
        return ClassDescription(
            code=code,
            name_zh=self.name_zh,
            name_en=self.name_en,
            retention=self.retention.strip(),
            seal_types=tuple(self.seal_types.split()),
            hints={"printer_id": self.printer_id} if self.printer_id else {},
            retired=self.retired,
            public_view=self.public_view,
            marks=MarksChoice(self.microtext, self.pantograph, self.guilloche, self._watermark()),
        )

    def _watermark(self) -> Watermark | None:
        text = self.watermark_text.strip()
        return Watermark(text, self.watermark_number, self.watermark_tiled) if text or self.watermark_number else None


def typed_class(said: ClassDescription) -> TypedClass:
    """What the form shows of a class as it is."""
    marks = said.marks
    watermark = marks.watermark
    return TypedClass(
        name_zh=said.name_zh,
        name_en=said.name_en,
        retention=said.retention,
        seal_types=" ".join(said.seal_types),
        retired=said.retired,
        public_view=said.public_view,
        microtext=marks.microtext,
        pantograph=marks.pantograph,
        guilloche=marks.guilloche,
        watermark_text="" if watermark is None else watermark.text,
        watermark_number=watermark is not None and watermark.number,
        watermark_tiled=watermark is not None and watermark.tiled,
    )
