"""The shape of a manifest, as far as the rule for signing reads it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

VERSION: Final = 3
"""2 named no flow: what was approved as such has to be handed in again."""
MANIFEST_FIELDS: Final = (
    "version", "request_id", "organisation", "branch_path", "applicant_id", "class", "flow_sha256", "amount",
    "document_sha256", "copies", "seals", "steps", "expires_at",
)  # fmt: skip
_SEAL_FIELDS: Final = ("seal_id", "code_id", "object_sha256", "type")
_STEP_FIELDS: Final = ("name", "quorum", "roles", "persons", "scope")


def manifest_problems(manifest: Mapping[str, Any]) -> Iterator[str]:
    """What is missing or of another kind, a sentence each."""
    missing = [name for name in MANIFEST_FIELDS if name not in manifest]
    if missing:
        yield f"the manifest lacks {', '.join(missing)}"
        return
    if manifest["version"] != VERSION:
        yield f"the manifest is not of version {VERSION}"
    for name in ("request_id", "applicant_id", "document_sha256", "branch_path", "class", "flow_sha256"):
        if not isinstance(manifest[name], str) or not manifest[name]:
            yield f"the manifest's {name} is empty"
    if type(manifest["organisation"]) is not int:
        yield "the manifest names no organisation"
    if not _is_time(manifest["expires_at"]):
        yield "the manifest never expires"
    if manifest["amount"] is not None and not _is_amount(manifest["amount"]):
        yield "the manifest's amount cannot be read"
    yield from _copy_problems(manifest["copies"])
    if not _is_list_of(manifest["steps"], *_STEP_FIELDS) or not manifest["steps"]:
        yield "the manifest asks nobody"
    if not _is_list_of(manifest["seals"], *_SEAL_FIELDS) or not manifest["seals"]:
        yield "the manifest names no seal"
    elif len({str(seal["seal_id"]) for seal in manifest["seals"]}) != len(manifest["seals"]):
        yield "the manifest names a seal twice"


def _copy_problems(copies: Any) -> Iterator[str]:
    if not _is_list_of(copies, "serial", "number", "sha256") or not copies:
        yield "the manifest names no copies"
        return
    for name in ("serial", "number", "sha256"):
        values = [str(entry[name]) for entry in copies]
        if name != "sha256" and len(set(values)) != len(values):
            yield f"two copies have the same {name}"
        if not all(values):
            yield f"a copy has no {name}"
    if any(type(entry["number"]) is not int or entry["number"] < 0 for entry in copies):
        yield "a copy's number is none"


def _is_list_of(value: Any, *names: str) -> bool:
    return isinstance(value, list | tuple) and all(
        isinstance(entry, Mapping) and all(name in entry for name in names) for entry in value
    )


def _is_amount(value: Any) -> bool:
    return (
        isinstance(value, Mapping)
        and set(value) == {"currency", "minor"}
        and isinstance(value["currency"], str)
        and type(value["minor"]) is int
        and value["minor"] >= 0
    )


def _is_time(text: Any) -> bool:
    try:
        return isinstance(text, str) and datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
