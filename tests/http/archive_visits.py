"""What the right person may ask for about finding in the archive, as programs and as pages."""

from __future__ import annotations

from typing import Final

from tests.http.step import Step
from tests.http.visit import Visit

R: Final = "/archive/{record_id}"
SEARCH: Final = {"name": "again", "fields": {"title": "x"}}
PATTERN: Final = {"pattern": "{year}-{sequence}", "fonds": ""}


ARCHIVE_VISITS: Final = (
    Visit("GET", f"{R}/searchable.pdf", lambda s: f"/archive/{s.archive_record}/searchable.pdf"),
    Visit("GET", f"{R}/hits", lambda s: f"/archive/{s.archive_record}/hits?words=warehouse"),
    Visit("POST", f"{R}/searchable", lambda s: f"/archive/{s.archive_record}/searchable"),
    Visit("GET", "/archive-searches", lambda s: "/archive-searches", names_object=False),
    Visit("POST", "/archive-searches", lambda s: "/archive-searches", lambda s: {"json": SEARCH}, names_object=False),
    Visit("DELETE", "/archive-searches/{search_id}", lambda s: f"/archive-searches/{s.saved_search}"),
    Visit("GET", "/archive-catalogue", lambda s: "/archive-catalogue", names_object=False),
    Visit("GET", "/archive-catalogue/table.csv", lambda s: "/archive-catalogue/table.csv", names_object=False),
    Visit("GET", "/archive-numbering", lambda s: "/archive-numbering", names_object=False),
    Visit("GET", "/archive-index", lambda s: "/archive-index", names_object=False),
    Visit("POST", "/archive-index", lambda s: "/archive-index", names_object=False),
)

ARCHIVE_STEPS: Final = (
    Step("GET", "/archive", lambda s: "/archive", names_object=False),
    Step("POST", "/archive/searches", lambda s: "/archive/searches", lambda s: {"name": "x"}, names_object=False),
    Step(
        "POST", "/archive/searches/{search_id}/discardings", lambda s: f"/archive/searches/{s.saved_search}/discardings"
    ),
    Step("GET", "/archive/catalogue", lambda s: "/archive/catalogue", names_object=False),
    Step("GET", "/archive/catalogue.csv", lambda s: "/archive/catalogue.csv", names_object=False),
    Step("GET", "/archive/numbering", lambda s: "/archive/numbering", names_object=False),
    Step("POST", "/archive/numbering", lambda s: "/archive/numbering", lambda s: PATTERN, names_object=False),
    Step("GET", R, lambda s: f"/archive/{s.archive_record}"),
    Step("POST", f"{R}/searchable", lambda s: f"/archive/{s.archive_record}/searchable"),
)
