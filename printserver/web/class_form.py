"""The form of what is said of a class of documents, as typed."""

from __future__ import annotations

from dataclasses import fields
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from printserver.approvals.classes import ClassDescription, PublicView
from printserver.rendering.security_marks import MarksChoice
from printserver.rendering.watermark import Watermark
from printserver.web.placed_seals import TypedPlace

Name = Annotated[str, Field(max_length=100)]
Short = Annotated[str, Field(max_length=40)]
_OF_PLACE = tuple(field.name for field in fields(TypedPlace) if field.name != "seal")


class TypedClass(BaseModel):
    """Boxes that are not ticked are not sent.   place_kind: of the suggested place of the seal; empty for none."""

    model_config = ConfigDict(frozen=True)

    name_zh: Name = ""
    name_en: Name = ""
    retention: Name = ""
    seal_types: Annotated[list[Short], Field(max_length=20)] = []
    printer_id: Short = ""
    place_kind: Short = ""
    place_page: Short = ""
    place_x: Short = ""
    place_y: Short = ""
    place_word: Name = ""
    place_which: Short = ""
    place_group: Short = ""
    place_apart: Short = ""
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
            seal_types=tuple(self.seal_types),
            hints=self._hints(),
            retired=self.retired,
            public_view=self.public_view,
            marks=MarksChoice(self.microtext, self.pantograph, self.guilloche, self._watermark()),
        )

    def _hints(self) -> dict[str, Any]:
        hints: dict[str, Any] = {"printer_id": self.printer_id} if self.printer_id else {}
        if self.place_kind:
            hints["place"] = TypedPlace(**{name: getattr(self, f"place_{name}") for name in _OF_PLACE}).to_json()
        return hints

    def _watermark(self) -> Watermark | None:
        text = self.watermark_text.strip()
        return Watermark(text, self.watermark_number, self.watermark_tiled) if text or self.watermark_number else None


def typed_class(said: ClassDescription) -> TypedClass:
    """What the form shows of a class as it is."""
    marks = said.marks
    watermark, hints = marks.watermark, said.hints or {}
    place = hints.get("place")
    typed_place = {} if not isinstance(place, dict) else vars(TypedPlace.of_json(place))
    return TypedClass(
        name_zh=said.name_zh,
        name_en=said.name_en,
        retention=said.retention,
        seal_types=list(said.seal_types),
        printer_id=str(hints.get("printer_id") or ""),
        **{f"place_{name}": typed_place.get(name, "")[:100] for name in _OF_PLACE},
        retired=said.retired,
        public_view=said.public_view,
        microtext=marks.microtext,
        pantograph=marks.pantograph,
        guilloche=marks.guilloche,
        watermark_text="" if watermark is None else watermark.text,
        watermark_number=watermark is not None and watermark.number,
        watermark_tiled=watermark is not None and watermark.tiled,
    )
