"""How long documents are kept, in the words that classes of documents and archive records use. Pure.

Chinese practice knows for ever (永久) and two fixed terms, 30 and 10 years (定期); accounts are kept 10 or 30 years,
and a shorter term serves what nobody needs longer. Source (unverified against the texts): 国家档案局令第10号 (2012),
企业文件材料归档范围和档案保管期限规定, article 8; 财政部、国家档案局令第79号 (2015), 会计档案管理办法, article 14.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

STANDARD: Final = "standard"
PERMANENT: Final = "permanent"

YEARS_KEPT: Final[Mapping[str, int | None]] = {
    STANDARD: 10,
    "5-years": 5,
    "10-years": 10,
    "30-years": 30,
    PERMANENT: None,
}
"""Years after the contract's end; None for ever. `standard` is what nobody has decided otherwise."""
