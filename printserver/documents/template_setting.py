"""Set a template with its data by typst, in a limited process; data are JSON and never part of the template's text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from printserver.documents.template_schema import TemplateMalformed
from printserver.foundation.errors import TooLarge
from printserver.foundation.limited_process import (
    MEBIBYTE,
    ProcessCrashed,
    ProcessLimitExceeded,
    ProcessLimits,
    run_limited,
)

SETTING: Final = ProcessLimits(
    memory_bytes=2048 * MEBIBYTE, cpu_seconds=20, wall_seconds=40, output_bytes=64 * MEBIBYTE, open_files=256
)
_WRONG: Final = 3


class TemplateTooDemanding(TooLarge):
    code = "document-template-too-demanding"


def set_template(
    files: Mapping[str, str], language: str, data: Mapping[str, Any], *, trusted: bool, limits: ProcessLimits = SETTING
) -> bytes:
    """A PDF.   files: typst sources by name, `zh.typ` and `en.typ` among them.   data: spelt out.

    trusted: it came with the product.   Raises: TemplateMalformed, TemplateTooDemanding.
    """
    given = {
        "files": dict(files),
        "main": f"{language}.typ",
        "data": json.dumps(data, ensure_ascii=False),
        "trusted": trusted,
    }
    try:
        return run_limited("printserver.documents.template_process", [], json.dumps(given).encode(), limits)
    except ProcessLimitExceeded as exceeded:
        raise TemplateTooDemanding("the template needs too much time or memory with these data") from exceeded
    except ProcessCrashed as crash:
        if crash.status == _WRONG:
            raise TemplateMalformed(f"typst: {crash.diagnosis.strip()[:1000]}") from crash
        raise TemplateMalformed("the template could not be set") from crash
