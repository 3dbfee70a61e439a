"""Words for people: what types, states, steps and columns of seals are called, and what is refused about them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from printserver.web.languages import N_

SEAL_TYPES: Final[Mapping[str, str]] = {
    "company": N_("company seal"),
    "joint-stock": N_("joint-stock company seal"),
    "contract": N_("contract seal"),
    "finance": N_("finance seal"),
    "invoice": N_("invoice seal"),
    "oval": N_("oval seal"),
    "department": N_("department seal"),
    "legal-representative": N_("legal representative's seal"),
    "personal": N_("personal seal"),
}
_STATES: Final[Mapping[str, str]] = {
    "applied": N_("applied for"),
    "refused": N_("refused"),
    "withdrawn": N_("withdrawn"),
    "approved": N_("being made"),
    "made": N_("made, not in use yet"),
    "active": N_("in use"),
    "suspended": N_("suspended"),
    "sealed-up": N_("sealed up"),
    "revoked": N_("revoked"),
    "destroyed": N_("destroyed"),
}
_ACTIONS: Final[Mapping[str, str]] = {
    "approve": N_("Have it made"),
    "refuse": N_("Refuse the application"),
    "withdraw": N_("Withdraw the application"),
    "make": N_("Make it"),
    "activate": N_("Put it into use"),
    "suspend": N_("Suspend it, report it lost"),
    "resume": N_("Let it be used again, it was found"),
    "change": N_("Change who may use it and for what"),
    "transfer": N_("Hand it over to other custodians"),
    "renew": N_("Renew it"),
    "seal-up": N_("Seal it up"),
    "unseal": N_("Take it out again"),
    "revoke": N_("Revoke it for good"),
    "destroy": N_("Destroy its image and key"),
}
_PHYSICAL_STATES: Final[Mapping[str, str]] = {
    "in-use": N_("in use"),
    "sealed-up": N_("sealed up"),
    "lost": N_("lost"),
    "destroyed": N_("destroyed"),
}
_PHYSICAL_ACTIONS: Final[Mapping[str, str]] = {
    "hand-over": N_("Hand it over"),
    "report-lost": N_("Report it lost"),
    "find": N_("It was found"),
    "seal-up": N_("Seal it up"),
    "unseal": N_("Take it out again"),
    "destroy": N_("It was destroyed"),
}
_COLUMNS: Final[Mapping[str, str]] = {
    "kind": N_("Kind"),
    "name": N_("Name"),
    "type": N_("Type"),
    "registration_number": N_("Registration number"),
    "branch": N_("Branch"),
    "keepers": N_("Kept by"),
    "place": N_("Place"),
    "state": N_("State"),
    "origin": N_("Origin"),
    "width_mm": N_("Width in mm"),
    "height_mm": N_("Height in mm"),
    "valid_from": N_("Valid from"),
    "valid_until": N_("Valid until"),
    "uses": N_("Uses"),
    "uses_limit": N_("At most"),
    "code_id": N_("Number in codes"),
    "entered_at": N_("Entered"),
}
_USE_COLUMNS: Final[Mapping[str, str]] = {
    "asked_at": N_("Asked for"),
    "title": N_("Title"),
    "document_sha256": N_("Digest of the document"),
    "applicant": N_("Applicant"),
    "approved_by": N_("Agreed"),
    "branch": N_("Branch"),
    "printer": N_("Printer"),
    "state": N_("State"),
    "copy": N_("Copy"),
    "serial": N_("Serial number"),
    "copy_state": N_("State of the copy"),
    "printed_at": N_("Printed"),
    "own_reference": N_("Own reference"),
    "purpose": N_("Purpose"),
}
SEAL_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "seal_type": SEAL_TYPES,
    "seal_state": _STATES,
    "seal_action": _ACTIONS,
    "seal_step_outcome": {
        "open": N_("waits for two officers to sign"),
        "done": N_("done"),
        "dropped": N_("given up"),
    },
    "seal_origin": {
        "internal": N_("internal: made here, for this organisation's own use"),
        "filed": N_("filed: the seal object of another maker"),
    },
    "seal_origin_short": {"internal": N_("internal"), "filed": N_("filed")},
    "seal_artwork_source": {
        "drawn": N_("drawn here"),
        "image": N_("image of the registered seal"),
        "filed": N_("from the filed seal object"),
    },
    "seal_evidence": {
        "attested": N_("as people signed in here gave them"),
        "passkey": N_("only signed with passkeys"),
    },
    "seal_kind": {"electronic": N_("electronic"), "physical": N_("physical")},
    "physical_state": _PHYSICAL_STATES,
    "physical_action": _PHYSICAL_ACTIONS,
    "seal_column": _COLUMNS,
    "seal_use_column": _USE_COLUMNS,
    "seal_form": {
        "custodians": N_("Custodians"),
        "classes": N_("Classes of documents"),
        "uses_limit": N_("At most so many copies"),
        "evidence": N_("Approvals must be given"),
        "people": N_("People who may ask for it"),
        "branches": N_("Branches that may ask for it"),
        "handed_over": N_("Handed over on"),
        "place": N_("Place"),
        "witness": N_("Witness"),
        "maker": N_("Maker"),
        "number": N_("Number given by its maker"),
    },
}
SEAL_TONES: Final[Mapping[str, Mapping[str, str]]] = {
    "seal_state": {
        "applied": "info",
        "approved": "info",
        "made": "info",
        "active": "success",
        "suspended": "danger",
        "sealed-up": "warning",
        "revoked": "danger",
    },
    "physical_state": {"in-use": "success", "sealed-up": "warning", "lost": "danger"},
    "seal_step_outcome": {"open": "warning", "done": "success"},
}
SEAL_NOTICES: Final[Mapping[str, str]] = {
    "seal-applied": N_("The application is handed in; two officers decide on it."),
    "seal-step-proposed": N_("The step waits for two officers."),
    "seal-suspended": N_("The seal is suspended; nothing is sealed with it any more."),
    "seal-application-ended": N_("The application is ended."),
    "seals-applied": N_("The applications are handed in; two officers decide on each."),
    "seal-filed": N_("The seal object is filed; two officers put it into use."),
    "physical-seal-recorded": N_("The seal is in the register."),
    "physical-seal-moved": N_("The change is recorded."),
}
SEAL_EVENTS: Final[Mapping[str, str]] = {
    "SealRegistered": N_("seal registered"),
    "SealSuspended": N_("seal suspended"),
    "SealAppliedFor": N_("seal applied for"),
    "SealStepProposed": N_("step of a seal proposed"),
    "SealStepTaken": N_("step of a seal taken"),
    "SealStepDropped": N_("step of a seal given up"),
    "SealStatementIgnored": N_("description of a seal not followed"),
    "SealUsesCounted": N_("uses of a seal counted"),
    "SealArtworkHandedIn": N_("picture of a seal handed in"),
    "SealImportLookedAt": N_("file of seals looked at"),
    "SealImportApplied": N_("file of seals applied"),
    "PhysicalSealRecorded": N_("physical seal recorded"),
    "PhysicalSealMoved": N_("physical seal changed"),
}
SEAL_PROBLEMS: Final[Mapping[str, str]] = {
    "glyph-missing": N_("Some characters cannot be drawn on a seal."),
    "seal-text-refused": N_("The words, the number or the size do not fit on a seal of this type."),
    "seal-not-found": N_("There is no such seal, or none that you may see."),
    "seal-used-up": N_("The seal may not be used as often as that any more."),
    "seal-step-open": N_("Another step of this seal waits for officers; it is settled first."),
    "seal-application-malformed": N_(
        "The application cannot be granted as it is: look at the type, the owner, the size, the validity and the limit."
    ),
    "seal-custodian-refused": N_(
        "Somebody named may not keep this seal: custodians are custodians at its branch or above, "
        "and a personal seal is kept by its owner alone."
    ),
    "seal-attachment-too-large": N_("An attachment has at most 10 MB."),
    "seal-reason-missing": N_("Please give a reason; it goes into the log."),
    "seal-witness-missing": N_("Name a second person who saw it, neither its keeper nor yourself."),
    "seal-import-malformed": N_("The file of seals cannot be used as it is; look at the line that is named."),
    "seal-import-changed": N_("This is not the file that was looked at, or it was applied already."),
    "seal-filed-already": N_("This seal object is in the register already."),
    "seal-image-too-large": N_("The picture of a seal has at most 20 MB and 40 million pixels."),
    "seal-image-unreadable": N_("This is no picture that can be read: PNG, JPEG, TIFF, BMP and WebP can."),
    "seal-image-without-red": N_("There is no red seal in this picture."),
    "seal-image-proportions": N_("The red in the picture is not as wide and high as the size that was given."),
    "seal-image-too-coarse": N_("At this size the picture is too coarse: scan the seal with 300, better 600 dpi."),
}
