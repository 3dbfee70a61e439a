"""Shows what was cut out of returned pages: a seal, a signature, the joined slices of a seal across the edge."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from printserver.foundation.errors import NotFound
from printserver.foundation.unit_of_work import Database, Work
from printserver.organisations.access import Actor
from printserver.organisations.permissions import Permission
from printserver.print_requests.access import copy_for
from printserver.print_requests.queries import copy_facts
from printserver.print_requests.request_seals import seals_across_edges
from printserver.returns.access import page_for
from printserver.returns.models import ReturnPage
from printserver.returns.states import KEPT
from printserver.returns.straddle_joining import StraddleSeal, joined, straddle_seals
from printserver.storage.objects import Objects


class NothingCutOut(NotFound):
    """Nothing was cut out there."""

    code = "nothing-cut-out"


@dataclass(frozen=True)
class CopySeals:
    """The seals across the edge of the copy's pages: those that were issued, whether seen or not, then others'.

    pages: how many the copy has.   compared: those of them that came home and could be compared.
    """

    pages: int
    compared: frozenset[int]
    seals: tuple[StraddleSeal, ...]

    def missing(self, seal: StraddleSeal) -> tuple[int, ...]:
        """Pages of the seal that were compared and on which no slice was found."""
        return tuple(page for page in seal.missing(self.pages) if page in self.compared)

    def not_compared(self, seal: StraddleSeal) -> tuple[int, ...]:
        """Pages of the seal that have not come home or could not be compared: nothing is known of their slices."""
        return tuple(page for page in seal.missing(self.pages) if page not in self.compared)


def seals_across(work: Work, actor: Actor, copy_id: UUID) -> CopySeals:
    """None as long as no page came home, and once the record was disposed of.

    Raises: Forbidden; NotFound for a copy outside the branches whose returns the actor may read."""
    copy_for(work, actor, copy_id, Permission.READ_RETURNS)
    rows = work.session.execute(
        select(ReturnPage.page, ReturnPage.findings).where(ReturnPage.copy_id == copy_id, ReturnPage.state.in_(KEPT))
    )
    copy = copy_facts(work, copy_id)
    home = {page: findings for page, findings in rows if page is not None and findings}
    compared = frozenset(page for page, findings in home.items() if "pose" in findings)
    issued = seals_across_edges(work, copy.request_id) if home else ()
    return CopySeals(copy.pages, compared, straddle_seals(home, issued))


def seal_across_picture(database: Database, objects: Objects, actor: Actor, copy_id: UUID, number: int) -> bytes:
    """The joined slices, a PNG.   number: of `seals_across`, from 1.

    Raises: Forbidden, NotFound, NothingCutOut, ObjectChanged.
    """
    with database.reading() as work:
        seals = seals_across(work, actor, copy_id).seals
    if not 1 <= number <= len(seals) or not seals[number - 1].slices:
        raise NothingCutOut("no such seal across the edge was found")
    seal = seals[number - 1]
    return joined(seal, [objects.get(each.picture_sha256, actor.organisation_id) for each in seal.slices])


def place_picture(database: Database, objects: Objects, actor: Actor, page_id: UUID, number: int) -> bytes:
    """What was cut out of a returned page, a PNG.   number: of the finding's regions, from 1.

    Raises: Forbidden, PageNotFound, NothingCutOut, ObjectChanged.
    """
    with database.reading() as work:
        findings = page_for(work, actor, page_id, Permission.READ_RETURNS).findings
    regions = findings.get("regions", [])
    digest = regions[number - 1].get("picture_sha256") if 1 <= number <= len(regions) else None
    if not digest:
        raise NothingCutOut("nothing was cut out at this place")
    return objects.get(digest, actor.organisation_id)
