"""What somebody applies for, and everything that can be refused before the document is looked at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from printserver.approvals.classes import ClassFacts, usable_flow
from printserver.foundation.errors import Forbidden, Malformed, Refused
from printserver.foundation.unit_of_work import Work
from printserver.foundation.unseen_characters import hides_something
from printserver.organisations.access import Actor, branch_path, require
from printserver.organisations.colleagues import people_of_organisation
from printserver.organisations.permissions import Permission
from printserver.print_requests.money import Money
from printserver.print_requests.paper_marks import marks_for
from printserver.print_requests.parties import Party, checked_parties
from printserver.print_requests.request_seals import SealWanted
from printserver.print_requests.sides import Sides
from printserver.printing.queries import usable_printer
from printserver.rendering.layout import CodeCorner
from printserver.rendering.places import Place
from printserver.seals.queries import SealFacts, usable_seal
from printserver.signing.flow import DEFAULT_CLASS, Flow

LONGEST_TEXT: Final = 500
MOST_READERS: Final = 50
MOST_ATTACHMENTS: Final = 20
MOST_SEALS: Final = 8
_LINES: Final = "\n\r\t"


class SidesNotPossible(Refused):
    """The printer cannot, or nobody knows whether it can."""

    code = "sides-not-possible"


class ApplicationMalformed(Malformed):
    code = "application-malformed"


class SealTypeNotAllowed(Refused):
    """The class of the document asks for another kind of seal."""

    code = "seal-type-not-allowed"


class ConsentMissing(Refused):
    """A party does not accept an electronic seal, or its print."""

    code = "consent-missing"


class ReaderNotFound(Malformed):
    code = "reader-not-found"


@dataclass(frozen=True)
class Attachment:
    """A file that approvers see and nobody prints, made safe and in the object store already."""

    filename: str
    original_sha256: str
    safe_sha256: str
    pages: int


@dataclass(frozen=True)
class Application:
    """`seal_id`, `places`: the first seal; no place for a class that is sealed by hand.   further: all other seals.

    copy_to: people who may read along.

    contract_end: the archive counts from it.

    earlier_id: the applicant's own request that this one follows.   electronic: an electronic original as well.
    """

    seal_id: UUID
    printer_id: UUID
    copies: int
    places: tuple[Place, ...]
    title: str
    further: tuple[SealWanted, ...] = ()
    purpose: str = ""
    own_reference: str = ""
    filename: str = ""
    sides: Sides = Sides.ONE_SIDED
    class_code: str = DEFAULT_CLASS
    amount: Money | None = None
    parties: tuple[Party, ...] = ()
    copy_to: tuple[UUID, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    earlier_id: UUID | None = None
    electronic: bool = False
    code_corner: CodeCorner = CodeCorner.FREE
    contract_end: date | None = None

    @property
    def signed(self) -> int:
        """How often the seal is used."""
        return self.copies + self.electronic

    @property
    def seals(self) -> tuple[SealWanted, ...]:
        """All of them, the first one first."""
        return (SealWanted(self.seal_id, self.places), *self.further)


@dataclass(frozen=True)
class Admissible:
    """What the check has found: the seals, and the flow that the request goes."""

    seals: tuple[SealFacts, ...]
    document_class: ClassFacts
    flow: Flow
    parties: tuple[Party, ...]


def check_application(work: Work, actor: Actor, application: Application, *, most_copies: int) -> Admissible:
    """Everything that can be refused before the document is looked at.

    Raises: Forbidden, NotFound, SealNotUsable, PrinterNotUsable, SidesNotPossible, ApplicationMalformed,
    PartyMalformed, ClassNotFound, ClassNotUsable, SealTypeNotAllowed, ConsentMissing, ReaderNotFound,
    PantographNotPossible.
    """
    require(actor, Permission.CREATE_REQUEST)
    path = branch_path(work, actor.branch_id)
    if not actor.may(Permission.CREATE_REQUEST, path):
        raise Forbidden("you may apply for other branches, but not for your own")
    document_class, flow = usable_flow(work, actor.organisation_id, application.class_code)
    seals = _usable_seals(work, actor, application, document_class)
    printer = usable_printer(work, actor, application.printer_id)
    if application.sides is not Sides.ONE_SIDED and not printer.two_sided:
        raise SidesNotPossible(f"the printer {printer.name} is not known to print on both sides; choose one-sided")
    if not document_class.by_hand:
        marks_for(document_class.description.marks, printer)
    if not 1 <= application.copies <= most_copies:
        raise ApplicationMalformed(f"the number of copies must be between 1 and {most_copies}")
    if application.electronic and document_class.by_hand:
        raise ApplicationMalformed("what is sealed by hand has no electronic original")
    _check_words(application, by_hand=document_class.by_hand)
    parties = checked_parties(application.parties)
    if not document_class.by_hand and not all(party.consents and party.accepts_print for party in parties):
        raise ConsentMissing("a party does not accept an electronic seal or its print: choose a class sealed by hand")
    _check_readers(work, actor, application)
    return Admissible(seals, document_class, flow, parties)


def _usable_seals(
    work: Work, actor: Actor, application: Application, document_class: ClassFacts
) -> tuple[SealFacts, ...]:
    wanted = [each.seal_id for each in application.seals]
    if len(set(wanted)) != len(wanted) or len(wanted) > MOST_SEALS:
        raise ApplicationMalformed(f"a request names at most {MOST_SEALS} seals, each of them once")
    allowed, found = document_class.description.seal_types, []
    for seal_id in wanted:
        seal = usable_seal(work, actor, seal_id, copies=application.signed, document_class=application.class_code)
        if allowed and seal.type not in allowed:
            raise SealTypeNotAllowed("documents of this class are sealed with another kind of seal")
        found.append(seal)
    return tuple(found)


def _check_words(application: Application, *, by_hand: bool) -> None:
    if not application.title.strip():
        raise ApplicationMalformed("a title is needed, so that approvers know what they look at")
    if not by_hand and not all(seal.places for seal in application.seals):
        raise ApplicationMalformed("at least one place for each seal is needed")
    if len(application.attachments) > MOST_ATTACHMENTS:
        raise ApplicationMalformed(f"at most {MOST_ATTACHMENTS} attachments are kept")
    for text in (application.title, application.purpose, application.own_reference):
        if len(text) > LONGEST_TEXT:
            raise ApplicationMalformed(f"a text is longer than {LONGEST_TEXT} characters")
    names = "".join((application.filename, *(each.filename for each in application.attachments)))
    one_line = application.title + application.own_reference + names
    if hides_something(one_line) or hides_something(application.purpose, besides=_LINES):
        raise ApplicationMalformed("a text holds characters that cannot be seen, or that turn the others around")


def _check_readers(work: Work, actor: Actor, application: Application) -> None:
    wanted = set(application.copy_to)
    if len(wanted) > MOST_READERS:
        raise ApplicationMalformed(f"a request is copied to at most {MOST_READERS} people")
    if wanted and people_of_organisation(work, actor.organisation_id, wanted) != wanted:
        raise ReaderNotFound("somebody to whom it should be copied is not found")
