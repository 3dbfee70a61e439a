"""Words for statements to the signer's register: what each kind says, and what its parts are called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from printserver.web.languages import N_

STATEMENT_KINDS: Final[Mapping[str, str]] = {
    "seat": N_("gives a person a role that helps to seal"),
    "unseat": N_("takes a role that helps to seal"),
    "bar": N_("nothing that this person says counts any more"),
    "unbar": N_("what this person says counts again"),
    "freeze": N_("freezes a branch or the organisation"),
    "unfreeze": N_("unfreezes a branch or the organisation"),
    "key": N_("vouches for a person's passkey"),
    "unkey": N_("a passkey counts no longer"),
    "system": N_("lets another system state approvals"),
    "unsystem": N_("another system states no approvals any more"),
    "flow": N_("sets who approves documents of a class"),
    "seal-order": N_("orders a seal to be made"),
    "seal": N_("sets how a seal may be used"),
    "seal-stop": N_("stops a seal"),
    "delegation": N_("lets a deputy act in a person's place"),
    "delegation-end": N_("ends a deputy's place"),
    "policy": N_("sets what officers sign with"),
}
STATEMENT_STATES: Final[Mapping[str, str]] = {
    "proposed": N_("waits for officers"),
    "confirmed": N_("being registered"),
    "registered": N_("registered"),
    "refused": N_("refused"),
    "withdrawn": N_("withdrawn"),
}
STATEMENT_TONES: Final[Mapping[str, str]] = {
    "proposed": "warning",
    "confirmed": "info",
    "registered": "success",
    "refused": "danger",
    "withdrawn": "secondary",
}
STATEMENT_NOTICES: Final[Mapping[str, str]] = {
    "statement-signed": N_("You have signed the statement."),
    "statement-refused": N_("You have refused the statement."),
    "statement-withdrawn": N_("The statement is withdrawn."),
    "statement-proposed": N_("The statement waits for two officers."),
}
STATEMENT_FIELDS: Final[Mapping[str, str]] = {
    "person_id": N_("Person"),
    "role": N_("Role"),
    "path": N_("At, and below"),
    "paths": N_("For"),
    "from": N_("From"),
    "until": N_("Until"),
    "reason": N_("Reason"),
    "credential_id": N_("Passkey"),
    "public_key": N_("Public key"),
    "rp_id": N_("Server's name"),
    "origin": N_("Web address"),
    "system_id": N_("System"),
    "name": N_("Name"),
    "spki": N_("Public key"),
    "flow": N_("Flow"),
    "seal_id": N_("Seal"),
    "code_id": N_("Number in codes"),
    "object_sha256": N_("Digest of the seal object"),
    "artwork_sha256": N_("Digest of the artwork"),
    "type": N_("Type"),
    "width_mm": N_("Width in mm"),
    "height_mm": N_("Height in mm"),
    "valid_from": N_("Valid from"),
    "valid_until": N_("Valid until"),
    "registration_number": N_("Registration number"),
    "data": N_("Further facts"),
    "custodians": N_("Custodians"),
    "owner": N_("Owner"),
    "state": N_("State"),
    "evidence": N_("Decisions are signed by"),
    "classes": N_("Classes of documents"),
    "uses_limit": N_("May be used, at most"),
    "principal": N_("Person"),
    "deputy": N_("Deputy"),
    "officer_evidence": N_("Officers sign with"),
    "approver_evidence": N_("Decisions on requests are signed with"),
    "artwork_source": N_("Where the picture comes from"),
    "purpose": N_("Purpose"),
}
EVIDENCE: Final[Mapping[str, str]] = {
    "attested": N_("the server, for whoever is signed in; or passkeys"),
    "passkey": N_("passkeys alone"),
}
