"""Returns in the matrices of access, of the API and of the pages."""

from __future__ import annotations

from typing import Final

from tests.http.step import Step
from tests.http.visit import Visit
from tests.world_building import scanned_page

RETURN_VISITS: Final = (
    Visit(
        "POST",
        "/returns",
        lambda s: "/returns",
        lambda s: {"files": {"scan": ("s.jpg", scanned_page(99), "image/jpeg")}},
        names_object=False,
    ),
    Visit("GET", "/returns", lambda s: "/returns", names_object=False),
    Visit("GET", "/returns/doubtful", lambda s: "/returns/doubtful", names_object=False),
    Visit("GET", "/returns/{return_id}", lambda s: f"/returns/{s.return_id}"),
    Visit("GET", "/returns/{return_id}/scan", lambda s: f"/returns/{s.return_id}/scan"),
    Visit("GET", "/returns/{return_id}/copies", lambda s: f"/returns/{s.return_id}/copies"),
    Visit("GET", "/return-pages/{page_id}", lambda s: f"/return-pages/{s.return_page}"),
    Visit("GET", "/return-pages/{page_id}/thumbnail", lambda s: f"/return-pages/{s.return_page}/thumbnail"),
    Visit(
        "GET",
        "/print-requests/{request_id}/returned-papers",
        lambda s: f"/print-requests/{s.issued_request}/returned-papers",
    ),
    Visit(
        "GET",
        "/print-requests/{request_id}/returned-papers.pdf",
        lambda s: f"/print-requests/{s.issued_request}/returned-papers.pdf",
    ),
    Visit(
        "GET",
        "/print-requests/{request_id}/returned-papers/{page_id}/thumbnail",
        lambda s: f"/print-requests/{s.issued_request}/returned-papers/{s.returned_paper}/thumbnail",
    ),
    Visit("GET", "/return-pages/{page_id}/image", lambda s: f"/return-pages/{s.return_page}/image"),
    Visit(
        "GET",
        "/return-pages/{page_id}/places/{number}/image",
        lambda s: f"/return-pages/{s.return_page}/places/1/image",
    ),
    Visit("GET", "/copies/{copy_id}/seals-across", lambda s: f"/copies/{s.issued_copy}/seals-across"),
    Visit(
        "GET",
        "/copies/{copy_id}/seals-across/{number}/image",
        lambda s: f"/copies/{s.issued_copy}/seals-across/1/image",
    ),
    Visit(
        "POST",
        "/return-pages/{page_id}/settlements",
        lambda s: f"/return-pages/{s.return_page}/settlements",
        lambda s: {"json": {"settlement": "page-of-copy", "serial": s.serial, "page": 1, "reason": "I see it"}},
    ),
)

RETURN_STEPS: Final = (
    Step("GET", "/returns", lambda s: "/returns", names_object=False),
    Step(
        "POST",
        "/returns",
        lambda s: "/returns",
        files=lambda: {"scan": ("s.jpg", scanned_page(99), "image/jpeg")},
        names_object=False,
    ),
    Step("GET", "/returns/doubtful", lambda s: "/returns/doubtful", names_object=False),
    Step("GET", "/returns/{return_id}", lambda s: f"/returns/{s.return_id}"),
    Step("GET", "/return-pages/{page_id}", lambda s: f"/return-pages/{s.return_page}"),
    Step("GET", "/copies/{copy_id}/seals-across", lambda s: f"/copies/{s.issued_copy}/seals-across"),
    Step(
        "POST",
        "/return-pages/{page_id}/settlements",
        lambda s: f"/return-pages/{s.return_page}/settlements",
        lambda s: {"serial": s.serial, "page": "1", "reason": "I see it"},
    ),
    Step(
        "POST",
        "/return-pages/{page_id}/discards",
        lambda s: f"/return-pages/{s.return_page}/discards",
        lambda s: {"reason": "cover"},
    ),
    Step(
        "POST",
        "/return-pages/{page_id}/versions",
        lambda s: f"/return-pages/{s.return_page}/versions",
        lambda s: {"serial": s.serial, "page": "1", "reason": "a better scan"},
    ),
    Step(
        "POST",
        "/return-pages/{page_id}/attachments",
        lambda s: f"/return-pages/{s.return_page}/attachments",
        lambda s: {"request_id": str(s.pending_request), "reason": "I know the paper"},
    ),
)
