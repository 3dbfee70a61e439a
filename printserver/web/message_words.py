"""Words for people: what webhooks and mails tell, and what became of the messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from printserver.web.languages import N_

MESSAGE_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "webhook_state": {"active": N_("active"), "paused": N_("paused"), "removed": N_("removed")},
    "delivery_state": {
        "pending": N_("waits"),
        "under-way": N_("being sent"),
        "delivered": N_("delivered"),
        "failed": N_("failed, tried again"),
        "unknown": N_("answer lost, tried again"),
        "given-up": N_("given up"),
    },
    "attempt_outcome": {
        "accept": N_("It was taken."),
        "fail": N_("It was not taken."),
        "lose": N_("The answer was lost: it may have been taken."),
        "nobody-knows": N_("Nobody knows: the sending was broken off."),
    },
    "webhook_event": {
        "webhook.test": N_("Test message"),
        "request.submitted": N_("A request was handed in"),
        "request.decided": N_("Somebody decided on a request"),
        "request.pending-approval": N_("A request waits for approval"),
        "request.pending-custody": N_("A request waits for the seal's custodian"),
        "request.approved": N_("A request was approved"),
        "request.issued": N_("All copies of a request were signed"),
        "request.refused": N_("A request was refused"),
        "request.withdrawn": N_("A request was withdrawn"),
        "request.recalled": N_("A request was recalled by its applicant"),
        "request.expired": N_("A request has expired"),
        "request.failed": N_("A request has failed"),
        "request.physical-seal": N_("A request waits to be sealed by hand"),
        "request.sealed-by-hand": N_("A request was sealed by hand"),
        "copy.authorised": N_("A copy was authorised"),
        "copy.issued": N_("A copy was signed"),
        "copy.released": N_("A copy was released"),
        "copy.sent": N_("A copy is at the printer"),
        "copy.printed": N_("A copy was printed"),
        "copy.wasted": N_("A copy was wasted before its signature"),
        "copy.outcome-unknown": N_("Nobody knows what became of a copy"),
        "copy.destroyed": N_("A copy was destroyed"),
        "copy.missing": N_("A copy is missing"),
        "copy.void": N_("A copy is void"),
        "copy.replaced": N_("A copy was replaced"),
        "copy.archived": N_("A copy's signed scan was archived"),
        "copy.handed-over": N_("A copy was handed over"),
        "copy.paper-due": N_("A copy's signed paper is due soon"),
        "copy.paper-overdue": N_("A copy's signed paper is overdue"),
        "count-alarm.opened": N_("A printer's count differs from the books"),
        "count-alarm.closed": N_("An alarm about a count was closed"),
        "seal.changed": N_("Something happened to a seal"),
    },
    "mail_kind": {
        "waits": N_("a request waits for my decision"),
        "urged": N_("an applicant asks me to hurry"),
        "decided": N_("my request was approved, refused, has expired or failed"),
        "issued": N_("my copies can be released"),
        "printed": N_("all my copies have come out"),
        "copy-void": N_("a copy of mine, or under my seal, is no longer valid"),
        "return-owed": N_("a signed paper of mine is due soon, or overdue"),
        "return-escalated": N_("a branch of mine owes a signed paper for long"),
        "alarm": N_("a count differs, or nobody knows what became of a copy"),
        "certificate": N_("a certificate of our keys ends soon"),
        "identity-due": N_("a proof of identity is to be checked again"),
        "dormant": N_("my account will be frozen, because nobody uses it"),
        "statement": N_("a statement waits for an officer's word"),
        "retention": N_("a hold, a shorter time or a disposal of the archive waits for a second person"),
    },
}
MESSAGE_TONES: Final[Mapping[str, Mapping[str, str]]] = {
    "webhook_state": {"active": "success", "paused": "warning", "removed": "light"},
    "delivery_state": {
        "pending": "light",
        "under-way": "light",
        "delivered": "success",
        "failed": "warning",
        "unknown": "warning",
        "given-up": "danger",
    },
}
MESSAGE_NOTICES: Final[Mapping[str, str]] = {
    "webhook-changed": N_("The webhook was changed."),
    "webhook-removed": N_("The webhook was removed."),
    "webhook-tested": N_("A test message is on its way; load the page again to see what became of it."),
    "delivery-again": N_("The message is sent once more."),
    "notifications-changed": N_("Your notifications were changed."),
}
MESSAGE_PROBLEMS: Final[Mapping[str, str]] = {
    "webhook-not-found": N_("There is no such webhook, or none that you may manage."),
    "webhook-delivery-not-found": N_("There is no such message, or none that you may see."),
    "webhook-malformed": N_("Give the webhook a name, and choose at least one thing that it is told."),
    "too-many-webhooks": N_("Your organisation has as many webhooks as there may be; remove one that nobody needs."),
    "webhook-not-active": N_("The webhook is paused; let it go on first."),
    "webhook-address-refused": N_(
        "This address cannot be used: https only, on the usual ports, and not into networks that only this server can "
        "reach, unless its operator has named them."
    ),
    "webhook-receiver-unreachable": N_("The receiver cannot be reached."),
    "webhook-answer-lost": N_("The receiver's answer was lost."),
    "webhook-key-missing": N_("The part that sends messages has not run yet; start the server and try again."),
    "webhook-secret-damaged": N_("The webhook's secret cannot be read; please renew it."),
    "webhook-signature-invalid": N_("The message was not signed with this secret, or was changed."),
    "delivery-transition-refused": N_("This message is on its way already."),
    "email-malformed": N_("This is no e-mail address that can be written to."),
    "mail-preference-malformed": N_("Choose among the languages and the kinds of mails that there are."),
    "mail-refused": N_("The mail server does not take this mail."),
    "mail-server-unreachable": N_("The mail server cannot be reached."),
    "mail-uncertain": N_("The connection to the mail server was lost."),
}
