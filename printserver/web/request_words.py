"""Words for people: what print requests, their classes, drafts and decisions are called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from printserver.web.languages import N_

RETENTIONS: Final[Mapping[str, str]] = {
    "standard": N_("10 years, the archive's rule"),
    "5-years": N_("5 years"),
    "10-years": N_("10 years"),
    "30-years": N_("30 years"),
    "permanent": N_("for ever"),
}
"""How long documents of a class are kept. Other words, from before there were these, are shown as they are."""
REQUEST_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "request_state": {
        "rendering": N_("being drawn"),
        "pending-approval": N_("waits for approval"),
        "pending-custody": N_("waits for the seal's custodian"),
        "approved": N_("being signed"),
        "issued": N_("issued"),
        "refused": N_("refused"),
        "withdrawn": N_("withdrawn"),
        "expired": N_("expired"),
        "failed": N_("failed"),
        "recalled": N_("taken back to be changed"),
        "physical-seal": N_("waits to be sealed by hand"),
        "sealed-by-hand": N_("sealed by hand"),
    },
    "step": {"approval": N_("approval")},
    "retention": RETENTIONS,
    "flow_change": {
        "same": N_("unchanged"),
        "moved": N_("moved"),
        "changed": N_("changed"),
        "added": N_("new"),
        "removed": N_("goes away"),
    },
    "scope": {
        "branch": N_("of the very branch"),
        "branch-or-above": N_("of the branch or above it"),
        "above": N_("above the branch"),
        "any": N_("anywhere"),
    },
    "sealing": {"electronic": N_("electronically"), "physical": N_("by hand")},
    "evidence_kind": {
        "attested": N_("attested by the server"),
        "passkey": N_("signed with a passkey"),
        "system": N_("signed by another system"),
    },
    "party_kind": {"person": N_("person"), "company": N_("company"), "other": N_("from abroad, or other")},
    "consent": {
        "both": N_("electronic sealing and a printed seal"),
        "electronic": N_("electronic sealing, but no printed seal"),
        "neither": N_("neither: it has to be sealed by hand"),
    },
    "edge": {"right": N_("right edge"), "left": N_("left edge"), "top": N_("top edge")},
    "place_kind": {
        "page": N_("on a page"),
        "pages": N_("on several pages"),
        "keyword": N_("at words"),
        "straddle": N_("across the edge"),
    },
    "request_field": {
        "title": N_("Title"),
        "purpose": N_("Purpose"),
        "own_reference": N_("Own reference"),
        "class_code": N_("Class of document"),
        "copies": N_("Number of copies"),
        "sides": N_("Sides of the sheet"),
        "electronic": N_("An electronic original as well"),
        "amount": N_("Amount"),
        "seal": N_("Seal"),
        "printer": N_("Printer"),
        "places": N_("Seal stands on"),
        "parties": N_("Other parties"),
        "attachments": N_("Attachments"),
    },
}
REQUEST_EVENTS: Final[Mapping[str, str]] = {
    "RequestUrged": N_("whoever has the step reminded"),
    "SealedByHand": N_("seal put on by hand recorded"),
    "DraftSaved": N_("draft of a request saved"),
    "DraftDiscarded": N_("draft of a request discarded"),
    "ClassDescribed": N_("class of documents described"),
    "FlowProposed": N_("flow of a class proposed"),
    "FlowTakenUp": N_("flow of a class taken up"),
}
REQUEST_NOTICES: Final[Mapping[str, str]] = {
    "forwarded": N_("Your step is handed on."),
    "urged": N_("They are reminded."),
    "recalled": N_("The request is taken back. Change it and hand it in again."),
    "begun-again": N_("This is a draft with everything of the earlier submission. Change it and hand it in."),
    "sealed-by-hand": N_("The seal put on by hand is recorded."),
    "draft-saved": N_("The draft is saved."),
    "values-kept": N_("The values are kept; choose them when you begin the next request."),
    "draft-discarded": N_("The draft is discarded."),
    "template-discarded": N_("The kept values are discarded."),
    "class-saved": N_("The class is saved."),
    "flow-proposed": N_("The flow is proposed. It is used once two officers have confirmed it."),
    "flow-unchanged": N_("This is the present flow already."),
}
REQUEST_FIELDS: Final[Mapping[str, str]] = {
    "class_code": N_("Please choose a class of document."),
    "amount": N_("An amount such as 12,345.60, or nothing."),
    "party": N_("A name, and a number without typing errors or none."),
    "parties": N_("Please look at the other parties."),
    "copy_to": N_("Please choose colleagues from the list."),
    "contract_end": N_("A day, such as 2031-12-31, or nothing."),
}
REQUEST_PROBLEMS: Final[Mapping[str, str]] = {
    "rows-differ": N_(
        "The database says something else of this request than what is signed. Nothing is shown or decided; "
        "please tell your auditors."
    ),
    "not-your-turn": N_("The step that waits is not yours to take."),
    "colleague-not-possible": N_(
        "This person cannot be asked: the applicant, yourself, somebody who has decided or was asked already, "
        "or somebody who may not approve."
    ),
    "colleague-needed": N_("Choose to whom you hand your step."),
    "evidence-not-fitting": N_("The signed words are not those of this decision, or too old; please decide again."),
    "wet-seal-malformed": N_("Say how many papers were sealed, and when: after it was handed in, not in the future."),
    "reference-taken": N_("You have used this number of your own for another request."),
    "urged-already": N_("You have reminded them within the last hour."),
    "seal-type-not-allowed": N_("Documents of this class are sealed with another kind of seal."),
    "consent-missing": N_(
        "A party does not accept an electronic seal or its print; choose a class that is sealed by hand."
    ),
    "reader-not-found": N_("Somebody to whom it should be copied is not found."),
    "party-malformed": N_("A party's name is missing, its number has a typing error, or it is named twice."),
    "amount-malformed": N_("An amount is a number such as 12,345.60, in a currency that this server knows."),
    "attachment-refused": N_("An attachment is a PDF, or a picture (JPEG or PNG) that is whole and not too large."),
    "document-class-not-found": N_("There is no such class of documents."),
    "document-class-malformed": N_("Something of the class cannot be used: its code, names, or who shall approve."),
    "document-class-not-usable": N_("This class of documents is not in use."),
    "sealing-forbidden-by-law": N_("The law keeps documents of this class off electronic sealing."),
    "flow-malformed": N_("The flow cannot be used: every step has a name of its own and somebody to take it."),
    "flow-not-completable": N_("In some branch nobody could take a step: each person counts once, applicants never."),
    "flow-too-many-cases": N_("The conditions make too many cases to look at each."),
    "flow-waits-already": N_("Officers have another version of this flow before them; withdraw that one first."),
    "saved-draft-not-found": N_("There is no such draft."),
    "request-template-not-found": N_("There are no such kept values."),
    "request-template-name-taken": N_("You have just kept values under this name."),
    "too-many-kept": N_("More of these are not kept; discard some first."),
    "draft-malformed": N_("This is more than a form holds, or it has no name."),
    "draft-incomplete": N_("The draft is no whole application yet."),
}
