"""Take the electronic original of a request away: the signed PDF, valid as a file alone, as its pages say."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from printserver.audit.log import append
from printserver.foundation.errors import NotFound
from printserver.foundation.unit_of_work import Database
from printserver.organisations.access import Actor
from printserver.organisations.frozen_places import require_open
from printserver.organisations.permissions import Permission
from printserver.print_requests.access import request_for
from printserver.print_requests.binding import signed_as_approved
from printserver.print_requests.events import ElectronicOriginalTaken
from printserver.print_requests.queries import copy_facts, electronic_copy
from printserver.print_requests.request_seals import facts_of_request
from printserver.print_requests.states import CopyState
from printserver.seals.queries import require_usable
from printserver.storage.objects import Objects


class NoElectronicOriginal(NotFound):
    """None was asked for, it is not signed yet, or it is void."""

    code = "no-electronic-original"


@dataclass(frozen=True)
class ElectronicOriginal:
    """`serial`: as people read it."""

    serial: str
    pdf: bytes


def take_electronic_original(
    database: Database, objects: Objects, actor: Actor, request_id: UUID
) -> ElectronicOriginal:
    """For whoever may release copies at the request's branch; each taking is recorded.

    The object store is asked for the file outside the transaction.
    Raises: NotFound, PlaceFrozen, NoElectronicOriginal, SealNotUsable, CopyNotApproved, ObjectChanged.
    """
    with database.work() as work:
        request = request_for(work, actor, request_id, Permission.RELEASE_COPIES)
        require_open(work, request.organisation_id, request.branch_id)
        copy_id = electronic_copy(work, request.id)
        if copy_id is None:
            raise NoElectronicOriginal("this request has no electronic original that could be taken now")
        for seal in facts_of_request(work, request):
            require_usable(work, seal)
        copy = copy_facts(work, copy_id)
        _, digest = signed_as_approved(work, objects, copy, CopyState.ELECTRONIC)
        append(work, actor.by, ElectronicOriginalTaken(id=copy.id, sha256=digest))
    return ElectronicOriginal(str(copy.serial), objects.get(digest, copy.organisation_id))
