"""Words for people and rights: states, roles' uses, what was refused, what was done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from printserver.web.languages import N_

PEOPLE_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "person_state": {"active": N_("at work"), "frozen": N_("frozen"), "left": N_("has left")},
    "staff_action": {
        "make": N_("registered anew"),
        "change": N_("changed"),
        "move": N_("moved; all former rights end"),
        "freeze": N_("frozen: not in the table"),
        "nothing": N_("stays as it is"),
    },
    "staff_column": {
        "staff_number": N_("Staff number"),
        "name": N_("Name"),
        "login": N_("Sign-in name"),
        "branch": N_("Branch"),
        "roles": N_("Roles"),
    },
    "staff_problem": {
        "empty": N_("is empty"),
        "unusable": N_("cannot be used"),
        "twice": N_("is in the table more than once"),
        "unknown": N_("is not known, or not yours to administer"),
        "ambiguous": N_("fits several branches; write the whole path with slashes"),
        "taken": N_("belongs to somebody else"),
        "left": N_("belongs to somebody who has left"),
        "elsewhere": N_("belongs to a branch that you do not administer"),
        "oneself": N_("is you; another administrator changes your account"),
        "incompatible": N_("do not go together in one person"),
    },
    "right_kind": {"role": N_("role"), "deputy": N_("deputy"), "seal": N_("seal")},
    "seal_use": {
        "custodian": N_("keeps it"),
        "applicant": N_("may ask for it"),
        "approver": N_("approves requests for it"),
        "officer": N_("signs statements about it"),
    },
    "right_verdict": {"confirmed": N_("confirmed"), "objected": N_("objected to")},
    "right_column": {
        "kind": N_("Kind"),
        "subject": N_("Branch, principal or seal"),
        "detail": N_("Right"),
        "name": N_("Name"),
        "staff_number": N_("Staff number"),
        "since": N_("From"),
        "until": N_("Until"),
    },
}
PEOPLE_TONES: Final[Mapping[str, Mapping[str, str]]] = {
    "person_state": {"active": "success", "frozen": "warning"},
    "staff_action": {"make": "success", "change": "info", "move": "warning", "freeze": "danger"},
    "right_verdict": {"confirmed": "success", "objected": "danger"},
}
PEOPLE_EVENTS: Final[Mapping[str, str]] = {
    "BranchRenamed": N_("branch renamed"),
    "BranchMoved": N_("branch moved"),
    "BranchClosed": N_("branch closed"),
    "BranchReopened": N_("branch opened again"),
    "BranchFrozen": N_("branch frozen"),
    "BranchUnfrozen": N_("branch unfrozen"),
    "OrganisationFrozen": N_("organisation frozen"),
    "OrganisationUnfrozen": N_("organisation unfrozen"),
    "PersonChanged": N_("person's facts changed"),
    "PersonMoved": N_("person moved to another branch"),
    "PersonFrozen": N_("person frozen"),
    "PersonUnfrozen": N_("person let in again"),
    "DormancyWarned": N_("warned that an unused account will be frozen"),
    "PersonLeft": N_("person has left"),
    "AccountsJoined": N_("account joined to a person's other one"),
    "AccessEnded": N_("sessions and tokens ended"),
    "RightsChanged": N_("rights changed"),
    "CustomRoleChanged": N_("own role changed"),
    "DelegationMade": N_("deputy named"),
    "DelegationEnded": N_("deputyship ended"),
    "StaffImported": N_("staff taken in from a table"),
    "RightsReviewOpened": N_("review of rights opened"),
    "RightConfirmed": N_("right confirmed"),
    "RightObjected": N_("right objected to"),
    "RightsReviewSignedOff": N_("review of rights signed off"),
}
PEOPLE_NOTICES: Final[Mapping[str, str]] = {
    "branch-changed": N_("The tree of branches is changed."),
    "dormant-passkey-ended": N_("The passkey is removed, and the signer takes its word no longer."),
    "place-frozen": N_("It is frozen: nobody of it comes in, and nothing is decided, released or signed there."),
    "place-unfreezing": N_("Two officers have yet to sign this; then everything is as it was before."),
    "person-changed": N_("It is done."),
    "person-moved": N_("The person belongs to the other branch now, without any rights. Give new ones here."),
    "person-frozen": N_("The person is out, and comes in no more."),
    "person-let-in": N_("The person may come in again."),
    "person-gone": N_("The person has left: sessions, tokens, rights and deputyships are ended."),
    "right-given": N_("The right is given."),
    "right-proposed": N_("Two officers have yet to sign this; then it holds."),
    "right-ended": N_("The right is ended."),
    "role-changed": N_("The role is changed, for everybody who holds it."),
    "deputy-named": N_("The deputy is named."),
    "deputy-proposed": N_(
        "Your word is given. The deputy acts once the signer has it; a custodian's deputy needs an officer's consent."
    ),
    "deputy-ended": N_("The deputyship is ended."),
    "dormant-frozen": N_("Everybody on that list is frozen, but yourself."),
    "review-opened": N_("The review is open. Look at each right."),
    "review-decided": N_("Your word about this right is recorded."),
    "review-signed-off": N_("The review is signed off."),
}
PEOPLE_PROBLEMS: Final[Mapping[str, str]] = {
    "branch-not-found": N_("There is no such branch."),
    "branch-name-taken": N_("A branch of this name stands at this place already."),
    "branch-not-empty": N_(
        "People belong to this branch, rights end there, or branches below it are open. Move or close those first."
    ),
    "branch-move-refused": N_("A branch cannot move there: into itself, to where it is, below a closed one, too deep."),
    "branch-closed": N_("This branch is closed."),
    "place-frozen": N_("This branch is frozen: nothing is asked for, decided or released there until it is unfrozen."),
    "passkey-in-use": N_("Somebody has used this passkey lately; whose it is removes it."),
    "policy-locks-out": N_("Two officers of the whole organisation need passkeys that officers vouch for, first."),
    "place-is-the-top": N_("This branch is the whole organisation: freeze that."),
    "nobody-to-unfreeze": N_("Two officers of a branch above have to be there, who could unfreeze it again."),
    "name-missing": N_("Please give a name, without a slash."),
    "person-not-found": N_("There is no such person."),
    "person-malformed": N_("A person has a name, a staff number, and a sign-in name without spaces."),
    "person-has-left": N_("This person has left."),
    "staff-number-taken": N_("Somebody has this staff number already."),
    "login-taken": N_("Somebody signs in with this name already."),
    "not-oneself": N_("Nobody administers their own account or rights; another administrator does."),
    "reason-needed": N_("Please say why; it is kept in the log."),
    "second-account": N_("Give this role to the person's first account."),
    "roles-incompatible": N_(
        "One person would hold what takes two. Choose another person, another place, or end the other right first."
    ),
    "role-unknown": N_("There is no such role."),
    "role-code-taken": N_("There is a role with this code already."),
    "custom-role-malformed": N_("A role has a code, a name in both languages, and at least one permission."),
    "permission-reserved": N_("Only built-in roles help to seal, or administer people, seals and keys."),
    "whole-organisation-needed": N_("This concerns every branch; only who has this right at all of them may do it."),
    "right-not-found": N_("There is no such right."),
    "dates-wrong": N_("The end must lie after the beginning, and not in the past."),
    "role-not-delegable": N_("This role cannot be lent to a deputy."),
    "role-not-held": N_("You can only lend a role that is your own."),
    "deputy-unfit": N_("The deputy is another person of this organisation who can sign in."),
    "delegation-too-long": N_("A deputy is named for at most half a year."),
    "delegation-not-found": N_("There is no such deputyship."),
    "staff-file-unreadable": N_(
        "The table cannot be read: it needs columns for staff number, name, sign-in name and branch."
    ),
    "staff-plan-changed": N_("Something has changed since the plan was shown. Please look at the new plan."),
    "staff-plan-has-problems": N_("The table has errors, so nothing was changed. Correct it and begin again."),
    "rights-review-not-found": N_("There is no such review."),
    "rights-review-under-way": N_("A review is under way; sign it off before you open another one."),
    "rights-review-unfinished": N_("Some rights have not been looked at yet."),
    "rights-review-signed-off": N_("This review is signed off; it no longer changes."),
    "rights-review-malformed": N_("A review has a name for its period, and 1 to 366 days."),
    "own-right": N_("This is a right of your own; another reviewer looks at it."),
    "seat-without-place": N_("The person has left or the branch is gone since this was proposed."),
}
