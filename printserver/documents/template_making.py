"""Make a document of a template: the data checked, set by typst, taken in as any document, with its origin recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from printserver.audit.canonical import canonical_json
from printserver.documents.findings import MadeFrom
from printserver.documents.handing_in import HandedIn, HandInRules, hand_in_made
from printserver.documents.template_schema import TemplateDescription, TemplateMalformed
from printserver.documents.template_setting import set_template
from printserver.documents.template_store import TemplateFacts, files_of
from printserver.documents.template_values import AmountReader, ValuesWrong, check_values, spelt_out
from printserver.storage.objects import Objects


@dataclass(frozen=True)
class Made:
    """values: as they were checked.   pdf: as typst has set it, before it was made safe."""

    values: Mapping[str, Any]
    pdf: bytes


def make(
    objects: Objects, template: TemplateFacts, language: str, given: Mapping[str, Any], amounts: AmountReader
) -> Made:
    """Raises: ValuesWrong; TemplateMalformed, also for a language that the template does not have."""
    values = check_values(template.description, given, amounts)
    if language not in template.description.languages:
        raise TemplateMalformed("the template is not written in this language")
    data = spelt_out(template.description, values, language, amounts)
    pdf = set_template(files_of(objects, template), language, data, trusted=template.built_in)
    return Made(values, pdf)


def make_document(
    objects: Objects,
    template: TemplateFacts,
    language: str,
    given: Mapping[str, Any],
    amounts: AmountReader,
    rules: HandInRules,
) -> HandedIn:
    """As `make`, handed in: its findings name template, version and the digest of the values, which are kept besides.

    Raises: as `make`; DocumentRefused.
    """
    made = make(objects, template, language, given, amounts)
    said: dict[str, Any] = {
        "template": template.code,
        "version": template.version,
        "language": language,
        "values": made.values,
    }
    record = canonical_json(said)
    origin = MadeFrom(
        template.code, template.version, language, sha256(record).hexdigest(), dict(vars(template.description.name))
    )
    return replace(hand_in_made(made.pdf, origin, rules), original=record)


def try_out(description: TemplateDescription, files: Mapping[str, str], amounts: AmountReader) -> dict[str, bytes]:
    """Set the sample in every language, before the template is taken.   Raises: TemplateMalformed."""
    made = {}
    for language in description.languages:
        try:
            values = check_values(description, description.sample_in(language), amounts)
        except ValuesWrong as problem:
            raise TemplateMalformed(f"sample: {problem}") from problem
        spelt = spelt_out(description, values, language, amounts)
        made[language] = set_template(files, language, spelt, trusted=False)
    return made
