"""What rows of flows and branches, put back or moved, would let people approve; the register knows better."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tests.standings import CUSTODY, NOW, OFFICE, SOUTH, K, Says, flow_of, manifest, some_id, statement
from tests.unit.signing.test_quorum import FULL, judge, refused


def id_made(at: datetime) -> str:
    """A UUIDv7 of that moment."""
    return str(UUID(int=(int(at.timestamp() * 1_000) << 80) | (7 << 76) | (2 << 62)))


def test_what_was_drawn_after_a_flow_was_replaced_does_not_go_the_old_way():
    """A row of the class put back lets people hand in, and approve, as before; the copies' ids say when it was."""
    newer = flow_of({"name": "approval", "roles": ["approver"], "quorum": 2}, code="general", version=2)
    since = NOW - timedelta(days=2)
    replaced = OFFICE.after(statement(K.FLOW, {"flow": newer.to_json()}), since)
    copies = manifest()["copies"]

    def asked(drawn: datetime) -> dict[str, Any]:
        return manifest(copies=[{**copy, "copy_id": id_made(drawn)} for copy in copies])

    judge(*FULL, asked=asked(since - timedelta(hours=1)), by=replaced)
    refused(*FULL, asked=asked(since + timedelta(hours=2)), by=replaced, match="nobody has registered the flow")
    refused(*FULL, asked=manifest(), by=replaced, match="nobody has registered the flow")


def test_a_branch_that_rows_put_below_another_approver_is_where_the_register_knows_it():
    """Bob approves in the north; Sue, of the south, would with rows that move the north below her."""
    moved = f"{SOUTH}{some_id('north')}/"
    refused(Says("sue"), Says("eve", CUSTODY), asked=manifest(branch_path=moved), match="stands elsewhere")
    unknown = f"{SOUTH}{some_id('a new office')}/"
    judge(Says("sue"), Says("eve", CUSTODY), asked=manifest(branch_path=unknown))
