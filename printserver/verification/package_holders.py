"""Who held a copy's paper, by an evidence package: what its record says of each hand-over is what the log knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from printserver.foundation.errors import IntegrityError
from printserver.print_requests.paper_events import CopyHandedOver, HandOverCorrected
from printserver.verification.package_findings import HandOverShown
from printserver.verification.package_log import ProvedLog


class HandOversRefused(IntegrityError):
    """The log knows other hand-overs than the record says."""

    code = "package-hand-overs-refused"


def check_hand_overs(record: Mapping[str, Any], files: Mapping[str, str], log: ProvedLog) -> None:
    """Names of holders stand in the record alone, whose digest the log has.

    files: digests of what lies in the record's folder, by name there.
    Raises: HandOversRefused.
    """
    said, copy_id = _hand_overs(record), record["record"]["copy_id"]
    begun = [each.facts for each in log.of(CopyHandedOver.__name__, copy_id)]
    first = [each for each in said if each["revision"] == 1]
    _same(first, begun, ("position", "holder_kind", "means", "handed_at", "proof_sha256"))
    corrected = [each.facts for each in log.of(HandOverCorrected.__name__, copy_id)]
    later = [each for each in said if each["revision"] > 1]
    _same(later, corrected, ("position", "revision", "cancelled", "reason"))
    proofs = {each["proof_sha256"] for each in said if each["proof_sha256"]}
    for name, digest in files.items():
        if name.startswith("hand-overs/") and digest not in proofs:
            raise HandOversRefused(f"{name} is the proof of no hand-over of this copy")


def holders(record: Mapping[str, Any]) -> tuple[HandOverShown, ...]:
    """As they are held to be now, the first one first."""
    kept = {entry["sha256"] for entry in record["files"] if entry["role"] == "hand-over"}
    present = (each for each in _hand_overs(record) if each["present"] and not each["cancelled"])
    return tuple(
        HandOverShown(
            each["holder_kind"],
            each["holder"],
            each["means"],
            each["receiver"],
            each["courier_number"],
            each["handed_at"],
            each["proof_sha256"] in kept,
        )
        for each in present
    )


def _hand_overs(record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """None in packages that were made before hand-overs were packed; their logs prove none either."""
    return list(record.get("hand_overs", ()))


def _same(said: list[Mapping[str, Any]], proved: list[Mapping[str, Any]], names: tuple[str, ...]) -> None:
    """Whatever the order: links are corrected in any."""
    if _known(said, names) != _known(proved, names):
        raise HandOversRefused("the log knows other hand-overs than record.json says")


def _known(rows: list[Mapping[str, Any]], names: tuple[str, ...]) -> list[str]:
    return sorted(repr([row[name] for name in names]) for row in rows)
