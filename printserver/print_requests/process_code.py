"""The barcode of a process sheet: names a request, in a form that no reader of copies takes for a page. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from printserver.foundation.errors import Malformed
from printserver.rendering.code128 import QUIET_ZONE_MODULES, barcode_widths

_KIND: Final = "9"
"""Its first digit. A page's code has 32 digits, this one 42: neither is ever read as the other."""
_HEIGHT: Final = 30


class ProcessCodeMalformed(Malformed):
    code = "process-code-malformed"


@dataclass(frozen=True)
class ProcessCode:
    request_id: UUID

    def digits(self) -> str:
        """42 digits: the kind, 39 of the request's number, 2 check digits. Source: ISO/IEC 7064 MOD 97-10, as
        `foundation.serials.PageCode` has it."""
        body = f"{_KIND}{self.request_id.int:039d}"
        return f"{body}{98 - int(body) * 100 % 97:02d}"

    @classmethod
    def parse(cls, digits: str) -> ProcessCode:
        """Raises ProcessCodeMalformed for anything but what `digits()` writes for some request."""
        if re.fullmatch(rf"{_KIND}[0-9]{{41}}", digits, re.ASCII) and int(digits[1:40]) < 1 << 128:
            code = cls(UUID(int=int(digits[1:40])))
            if code.digits() == digits:
                return code
        raise ProcessCodeMalformed("not the barcode of a process sheet")

    def svg(self) -> str:
        """Code 128 in set C with its quiet zones, one unit a module."""
        bars, at = [], QUIET_ZONE_MODULES
        for place, width in enumerate(barcode_widths(self.digits())):
            if place % 2 == 0:
                bars.append(f"M{at} 0h{width}v{_HEIGHT}h-{width}z")
            at += width
        size = f'width="{at + QUIET_ZONE_MODULES}" height="{_HEIGHT}"'
        return f'<svg xmlns="http://www.w3.org/2000/svg" {size}><path d="{"".join(bars)}" fill="#000"/></svg>'
