"""The one way to a return or one of its pages; what lies outside a person's branches is not found.

The object store is asked outside the transaction.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from printserver.audit.log import append
from printserver.foundation.errors import NotFound
from printserver.foundation.unit_of_work import Database, Work
from printserver.organisations.access import Actor, require, within
from printserver.organisations.permissions import Permission
from printserver.returns.events import ReturnedScanRead
from printserver.returns.models import Return, ReturnPage
from printserver.storage.objects import Objects


class ReturnNotFound(NotFound):
    code = "return-not-found"


class PageNotFound(NotFound):
    code = "return-page-not-found"


def return_for(work: Work, actor: Actor, return_id: UUID, permission: Permission) -> Return:
    """Raises: Forbidden, ReturnNotFound."""
    require(actor, permission)
    found = work.session.scalar(
        select(Return).where(Return.id == return_id, within(Return.branch_id, actor, permission))
    )
    if found is None:
        raise ReturnNotFound("there is no such return")
    return found


def page_for(work: Work, actor: Actor, page_id: UUID, permission: Permission) -> ReturnPage:
    """Raises: Forbidden, PageNotFound."""
    require(actor, permission)
    found = work.session.scalar(
        select(ReturnPage).where(ReturnPage.id == page_id, within(ReturnPage.branch_id, actor, permission))
    )
    if found is None:
        raise PageNotFound("there is no such page")
    return found


def page_picture(database: Database, objects: Objects, actor: Actor, page_id: UUID) -> bytes:
    """The page as it was read, upright as far as that is known, a JPEG file.

    Raises: Forbidden, PageNotFound, also for a page that could not be decoded; ObjectChanged.
    """
    return objects.get(picture_digest(database, actor, page_id), actor.organisation_id)


def picture_digest(database: Database, actor: Actor, page_id: UUID) -> str:
    """Of the page's picture, which never changes.   Raises: Forbidden, PageNotFound, as `page_picture`."""
    with database.reading() as work:
        digest = page_for(work, actor, page_id, Permission.READ_RETURNS).image_sha256
    if digest is None:
        raise PageNotFound("this page has no picture; please look at the whole scan")
    return digest


def scan_file(database: Database, objects: Objects, actor: Actor, return_id: UUID) -> bytes:
    """The untouched file, PDF, JPEG or PNG. That it was read is recorded.

    Raises: Forbidden, ReturnNotFound, ObjectChanged.
    """
    with database.work() as work:
        found = return_for(work, actor, return_id, Permission.READ_RETURNS)
        digest = found.scan_sha256
        append(work, actor.by, ReturnedScanRead(id=found.id, sha256=digest))
    return objects.get(digest, actor.organisation_id)
