"""What the right person may ask for about retention, holds and disposals, as programs and as pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from tests.http.scene import Scene
from tests.http.step import Step
from tests.http.visit import Options, Visit

T: Final = "/retention"
RECORD, CHANGE, HOLD, RUN = "records/{record_id}", "changes/{change_id}", "holds/{hold_id}", "disposals/{run_id}"
SAID: Final = {"matter": "7", "reason": "because"}


def _json(**body: Any) -> Callable[[Scene], Options]:
    return lambda scene: {"json": body}


def _form(**fields: Any) -> Callable[[Scene], Mapping[str, Any]]:
    return lambda scene: fields


def _branch(scene: Scene) -> str:
    return str(scene.world.home.north.branch_id)


def _record(rest: str = "") -> Callable[[Scene], str]:
    return lambda s: f"{T}/records/{s.archive_record}{rest}"


def _change(rest: str) -> Callable[[Scene], str]:
    return lambda s: f"{T}/changes/{s.retention.change}{rest}"


def _hold(rest: str = "") -> Callable[[Scene], str]:
    return lambda s: f"{T}/holds/{s.retention.hold}{rest}"


def _run(rest: str = "") -> Callable[[Scene], str]:
    return lambda s: f"{T}/disposals/{s.retention.run}{rest}"


REASON: Final = _json(reason="because")
DIGEST: Final = "0" * 64
RETENTION_VISITS: Final = (
    Visit("GET", T, lambda s: T, names_object=False),
    Visit("GET", f"{T}/{RECORD}", _record()),
    Visit(
        "POST",
        f"{T}/{RECORD}/changes",
        _record("/changes"),
        _json(retention_class="permanent", contract_end="2031-12-31", reason="because"),
    ),
    Visit("POST", f"{T}/{CHANGE}/confirmations", _change("/confirmations")),
    Visit("POST", f"{T}/{CHANGE}/refusals", _change("/refusals"), REASON),
    Visit("GET", f"{T}/holds", lambda s: f"{T}/holds", names_object=False),
    Visit("POST", f"{T}/holds", lambda s: f"{T}/holds", lambda s: {"json": {**SAID, "branch_id": _branch(s)}}),
    Visit("POST", f"{T}/{HOLD}/confirmations", _hold("/confirmations")),
    Visit("POST", f"{T}/{HOLD}/lift-requests", _hold("/lift-requests"), REASON),
    Visit("POST", f"{T}/{HOLD}/liftings", _hold("/liftings")),
    Visit("POST", f"{T}/{HOLD}/keepings", _hold("/keepings"), REASON),
    Visit("GET", f"{T}/preview", lambda s: f"{T}/preview?branch_id={_branch(s)}"),
    Visit("GET", f"{T}/disposals", lambda s: f"{T}/disposals", names_object=False),
    Visit(
        "POST",
        f"{T}/disposals",
        lambda s: f"{T}/disposals",
        lambda s: {"json": {"branch_id": _branch(s), "reason": "because"}},
    ),
    Visit("GET", f"{T}/{RUN}", _run()),
    Visit("POST", f"{T}/{RUN}/approvals", _run("/approvals"), _json(list_sha256=DIGEST)),
    Visit("POST", f"{T}/{RUN}/refusals", _run("/refusals"), REASON),
    Visit("POST", f"{T}/{RUN}/withdrawals", _run("/withdrawals")),
    Visit("GET", f"{T}/{RUN}/certificate", _run("/certificate")),
)
RETENTION_STEPS: Final = (
    Step("GET", T, lambda s: T, names_object=False),
    Step("GET", f"{T}/{RECORD}", _record()),
    Step("POST", f"{T}/{RECORD}/changes", _record("/changes"), _form(retention_class="permanent", reason="because")),
    Step("POST", f"{T}/{RECORD}/holds", _record("/holds"), _form(**SAID)),
    Step("POST", f"{T}/{CHANGE}/confirmations", _change("/confirmations")),
    Step("POST", f"{T}/{CHANGE}/refusals", _change("/refusals"), _form(reason="because")),
    Step("POST", f"{T}/holds", lambda s: f"{T}/holds", lambda s: {**SAID, "branch": _branch(s)}),
    Step("GET", f"{T}/{HOLD}", _hold()),
    Step("POST", f"{T}/{HOLD}/confirmations", _hold("/confirmations")),
    Step("POST", f"{T}/{HOLD}/lift-requests", _hold("/lift-requests"), _form(reason="because")),
    Step("POST", f"{T}/{HOLD}/liftings", _hold("/liftings")),
    Step("POST", f"{T}/{HOLD}/keepings", _hold("/keepings"), _form(reason="because")),
    Step("GET", f"{T}/disposals/new", lambda s: f"{T}/disposals/new?branch={_branch(s)}"),
    Step("POST", f"{T}/disposals", lambda s: f"{T}/disposals", lambda s: {"branch": _branch(s), "reason": "because"}),
    Step("GET", f"{T}/{RUN}", _run()),
    Step("POST", f"{T}/{RUN}/approvals", _run("/approvals"), _form(list_sha256=DIGEST)),
    Step("POST", f"{T}/{RUN}/refusals", _run("/refusals"), _form(reason="because")),
    Step("POST", f"{T}/{RUN}/withdrawals", _run("/withdrawals")),
)
