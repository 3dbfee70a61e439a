"""Templates: those that come with the product, and an organisation's own in their versions, which never change."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select

from printserver.audit.canonical import canonical_json
from printserver.audit.log import append
from printserver.documents.events import TemplateRetired, TemplateVersionAdded
from printserver.documents.models import DocumentTemplate, DocumentTemplateVersion
from printserver.documents.template_schema import (
    CODE,
    TemplateDescription,
    TemplateMalformed,
    read_description,
)
from printserver.foundation.errors import Forbidden, NotFound, Refused, TooMany
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, require, within
from printserver.organisations.permissions import Permission
from printserver.storage.objects import Objects

FOLDER: Final = Path(__file__).parents[2] / "templates" / "documents"
HOUSE: Final = "house.typ"
MOST_TEMPLATES: Final = 200
LARGEST_SOURCE: Final = 200_000


class DocumentTemplateNotFound(NotFound):
    code = "document-template-not-found"


class DocumentTemplateRetired(Refused):
    """Nothing new is made of it."""

    code = "document-template-retired"


class TemplateCodeTaken(Refused):
    """A template that comes with the product has this name."""

    code = "document-template-code-taken"


class TooManyTemplates(TooMany):
    code = "too-many-document-templates"


@dataclass(frozen=True)
class TemplateFacts:
    """One version.   sources: digest of each file.

    built_in: it came with the product, and no organisation (`owner_id`) owns it.
    """

    code: str
    version: int
    description: TemplateDescription
    sources: Mapping[str, str]
    built_in: bool = False
    owner_id: UUID | None = None
    owner_branch_id: UUID | None = None
    added_at: datetime | None = None
    retired_at: datetime | None = None


def document_templates(work: Work, actor: Actor, *, retired: bool = False) -> tuple[TemplateFacts, ...]:
    """The newest version of each, those of the product first.   retired: with those that nothing is made of."""
    require_reader(actor)
    newest = (
        select(DocumentTemplateVersion.template_id, func.max(DocumentTemplateVersion.number).label("number"))
        .group_by(DocumentTemplateVersion.template_id)
        .subquery()
    )
    rows = work.session.execute(
        select(DocumentTemplate, DocumentTemplateVersion)
        .join(DocumentTemplateVersion, DocumentTemplateVersion.template_id == DocumentTemplate.id)
        .join(
            newest,
            (newest.c.template_id == DocumentTemplateVersion.template_id)
            & (newest.c.number == DocumentTemplateVersion.number),
        )
        .where(DocumentTemplate.organisation_id == actor.organisation_id)
        .order_by(DocumentTemplate.code)
    )
    own = (_facts(template, version) for template, version in rows)
    return (*built_in_templates().values(), *(each for each in own if retired or each.retired_at is None))


def template_facts(work: Work, actor: Actor, code: str, version: int | None = None) -> TemplateFacts:
    """version: the newest without one.   Raises: Forbidden, DocumentTemplateNotFound."""
    require_reader(actor)
    built_in = built_in_templates().get(code)
    if built_in is not None and version in (None, built_in.version):
        return built_in
    wanted = (
        select(DocumentTemplate, DocumentTemplateVersion)
        .join(DocumentTemplateVersion, DocumentTemplateVersion.template_id == DocumentTemplate.id)
        .where(DocumentTemplate.organisation_id == actor.organisation_id, DocumentTemplate.code == code)
        .order_by(DocumentTemplateVersion.number.desc())
        .limit(1)
    )
    if version is not None:
        wanted = wanted.where(DocumentTemplateVersion.number == version)
    found = work.session.execute(wanted).one_or_none()
    if found is None:
        raise DocumentTemplateNotFound("there is no such template")
    return _facts(*found)


def usable_template(work: Work, actor: Actor, code: str, version: int | None = None) -> TemplateFacts:
    """Raises: as `template_facts`; DocumentTemplateRetired."""
    found = template_facts(work, actor, code, version)
    if found.retired_at is not None:
        raise DocumentTemplateRetired("nothing new is made of this template")
    return found


def files_of(objects: Objects, facts: TemplateFacts) -> dict[str, str]:
    """The sources by name.   Raises: NotFound, ObjectChanged."""
    if facts.owner_id is None:
        return _built_in_files(facts.code)
    return {name: objects.get(digest, facts.owner_id).decode() for name, digest in facts.sources.items()}


def require_reader(actor: Actor) -> None:
    """Who may hand in documents, or looks after templates.   Raises: Forbidden."""
    if not actor.may(Permission.MANAGE_DOCUMENTS):
        require(actor, Permission.CREATE_REQUEST)


def check_sources(description: TemplateDescription, files: Mapping[str, str]) -> dict[str, str]:
    """The files of an own template, with the house style beside them.   Raises: TemplateMalformed."""
    wanted = {f"{language}.typ" for language in description.languages}
    if set(files) != wanted:
        raise TemplateMalformed(f"the files are {', '.join(sorted(wanted))}, one for each language")
    if any(len(text.encode()) > LARGEST_SOURCE for text in files.values()):
        raise TemplateMalformed(f"a file is larger than {LARGEST_SOURCE} bytes")
    return {**files, HOUSE: (FOLDER / HOUSE).read_text("utf-8")}


def add_version(
    work: Work, actor: Actor, objects: Objects, code: str, description: TemplateDescription, files: Mapping[str, str]
) -> TemplateFacts:
    """A new template, or the next version of one, in use at once.   files: of `check_sources`, set as a trial before.

    Raises: Forbidden, TemplateMalformed, TemplateCodeTaken, TooManyTemplates.
    """
    require(actor, Permission.MANAGE_DOCUMENTS)
    if not CODE.fullmatch(code):
        raise TemplateMalformed("a template's name is of small letters, digits and dashes")
    if code in built_in_templates():
        raise TemplateCodeTaken("a template that comes with the product has this name")
    template = _own_template(work, actor, code) or _new_template(work, actor, code)
    template.retired_at = None
    last = work.session.scalar(
        select(func.max(DocumentTemplateVersion.number)).where(DocumentTemplateVersion.template_id == template.id)
    )
    version = DocumentTemplateVersion(
        id=new_id(),
        template_id=template.id,
        number=(last or 0) + 1,
        description=description.to_json(),
        sources={name: objects.put(text.encode(), actor.organisation_id) for name, text in sorted(files.items())},
        added_by=actor.id,
        added_at=work.now(),
    )
    work.session.add(version)
    work.session.flush()
    digest = sha256(canonical_json({"description": version.description, "sources": version.sources})).hexdigest()
    added = TemplateVersionAdded(id=template.id, code=code, version=version.number, sources_sha256=digest)
    append(work, actor.by, added)
    return _facts(template, version)


def retire_template(work: Work, actor: Actor, code: str) -> None:
    """Nothing new is made of it; a new version brings it back.

    Raises: Forbidden, DocumentTemplateNotFound, TemplateCodeTaken for one of the product.
    """
    require(actor, Permission.MANAGE_DOCUMENTS)
    if code in built_in_templates():
        raise TemplateCodeTaken("a template that comes with the product stays in use")
    template = _own_template(work, actor, code)
    if template is None or template.retired_at is not None:
        raise DocumentTemplateNotFound("there is no such template of your own")
    template.retired_at = work.now()
    append(work, actor.by, TemplateRetired(id=template.id, code=code))


@cache
def built_in_templates() -> Mapping[str, TemplateFacts]:
    """By name: every folder beside the house style that holds a description."""
    found = {}
    for file in sorted(FOLDER.glob("*/template.json")):
        given: dict[str, Any] = json.loads(file.read_text("utf-8"))
        code, version = file.parent.name, int(given.pop("version"))
        files = _built_in_files(code)
        digests = {name: sha256(text.encode()).hexdigest() for name, text in files.items()}
        found[code] = TemplateFacts(code, version, read_description(given), digests, built_in=True)
    return found


def _built_in_files(code: str) -> dict[str, str]:
    sources = [*sorted((FOLDER / code).glob("*.typ")), FOLDER / HOUSE]
    return {source.name: source.read_text("utf-8") for source in sources}


def _own_template(work: Work, actor: Actor, code: str) -> DocumentTemplate | None:
    """Of the branches whose templates the actor looks after.   Raises: Forbidden for one of another branch."""
    template = work.session.scalar(
        select(DocumentTemplate).where(
            DocumentTemplate.organisation_id == actor.organisation_id, DocumentTemplate.code == code
        )
    )
    if template is None or template.owner_branch_id == actor.branch_id:
        return template
    owner = DocumentTemplate.owner_branch_id
    own = within(owner, actor, Permission.MANAGE_DOCUMENTS)
    if work.session.scalar(select(owner).where(DocumentTemplate.id == template.id, own)) is None:
        raise Forbidden("a template of this name belongs to another branch")
    return template


def _new_template(work: Work, actor: Actor, code: str) -> DocumentTemplate:
    count = select(func.count()).where(DocumentTemplate.organisation_id == actor.organisation_id)
    if (work.session.scalar(count) or 0) >= MOST_TEMPLATES:
        raise TooManyTemplates(f"at most {MOST_TEMPLATES} templates are kept")
    template = DocumentTemplate(
        id=new_id(),
        organisation_id=actor.organisation_id,
        code=code,
        owner_branch_id=actor.branch_id,
        created_at=work.now(),
    )
    work.session.add(template)
    work.session.flush()
    return template


def _facts(template: DocumentTemplate, version: DocumentTemplateVersion) -> TemplateFacts:
    return TemplateFacts(
        template.code,
        version.number,
        read_description(version.description),
        version.sources,
        owner_id=template.organisation_id,
        owner_branch_id=template.owner_branch_id,
        added_at=version.added_at,
        retired_at=template.retired_at,
    )
