"""Words for people: what the public checks of copies and of seals say, and in which colour."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from printserver.web.languages import N_

SEAL_VERDICT: Final[Mapping[str, str]] = {
    "genuine": N_("Genuine"),
    "expired": N_("Not valid at that time"),
    "stopped": N_("Genuine, but no longer in use"),
    "maker-unknown": N_("Nobody here vouches for its maker"),
    "other-data": N_("Not put on this file"),
    "forged": N_("Forged or damaged"),
    "unverifiable": N_("Cannot be verified here"),
    "unreadable": N_("This is no seal"),
}
SEAL_VERDICT_MEANING: Final[Mapping[str, str]] = {
    "genuine": N_("It is whole, its maker is believed here, and it is valid."),
    "expired": N_("It is whole and of a believed maker, but outside the time for which it is valid."),
    "stopped": N_("It is what its maker signed, but its owner has stopped it: nothing new may be sealed with it."),
    "maker-unknown": N_(
        "The signature is whole, but anybody can make such a seal. Ask whoever showed it to you who its maker is."
    ),
    "other-data": N_("The signature is whole, but it was made over something else than the file that you chose."),
    "forged": N_("The signature does not belong to these bytes: somebody has changed them. Do not rely on it."),
    "unverifiable": N_("It is signed with an algorithm that this server does not know."),
    "unreadable": N_(
        "The file is neither a seal of GM/T 0031 or GB/T 38540, nor a signature made with one, or it is cut off."
    ),
}
SEALING_EVENTS: Final[Mapping[str, str]] = {
    "CopySealed": N_("seal put on a copy"),
    "SealNotMade": N_("the signer refused to make a seal"),
    "SealKeyDestroyed": N_("a seal's key destroyed in the HSM"),
}
SEAL_VOUCHED: Final[Mapping[str, str]] = {
    "internal": N_("internal: made by this organisation's own seal maker"),
    "pinned": N_("filed: its maker's certificate was registered here"),
    "": N_("unknown: not registered here"),
}
SEAL_KIND: Final[Mapping[str, str]] = {"1": N_("an organisation's seal"), "2": N_("a person's seal")}
SEAL_STANDARD: Final[Mapping[str, str]] = {"1": "GM/T 0031-2014", "4": "GB/T 38540-2020", "5": "GM/T 0031-2025"}
PDF_VERDICT: Final[Mapping[str, str]] = {
    "as-issued": N_("The very file that was issued"),
    "signed": N_("Signed by the issuer, and unchanged"),
    "changed": N_("Changed after it was signed"),
    "broken": N_("A signature does not belong to its content"),
    "stranger": N_("Signed, but not by this issuer"),
    "scan": N_("Not signed; a genuine code is on it"),
    "altered-code": N_("A code on it is not what was signed"),
    "expired-code": N_("The key that signed its code is no longer accepted"),
    "nothing": N_("Nothing of this issuer is on it"),
    "unreadable": N_("The file cannot be read"),
}
PDF_VERDICT_MEANING: Final[Mapping[str, str]] = {
    "as-issued": N_("Byte for byte. Whether the copy is still valid is said below."),
    "signed": N_("The issuer's key signed this file, but this server does not know it as one of its copies."),
    "changed": N_("The issuer's signature is on an earlier state of the file. Do not rely on what was added."),
    "broken": N_("Somebody has changed the file, or it was damaged. Do not rely on it."),
    "stranger": N_("Who signed it is said below; nobody here vouches for that."),
    "scan": N_(
        "It is a scan or a print-out, which is no forgery for that. The code proves which copy it belongs to, and not "
        "that the pages show what was issued: compare them."
    ),
    "altered-code": N_("It looks like one of ours, but its signature or its data do not agree. Do not rely on it."),
    "expired-code": N_("The issuer no longer accepts the key that signed this code. Please ask the issuer."),
    "nothing": N_("It carries neither a signature nor a code that can be checked here."),
    "unreadable": N_("It is no PDF, or it is damaged or protected with a password. That says nothing of its content."),
}
VERDICT_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "verdict": {
        "genuine": N_("Genuine and valid"),
        "seal-revoked": N_("Genuine, but its seal was revoked since"),
        "unsettled": N_("Signed, but not confirmed as printed"),
        "void": N_("Void"),
        "replaced": N_("Replaced by another copy"),
        "altered": N_("Altered: not what was signed"),
        "expired": N_("Signed with a key that is no longer accepted"),
        "unknown": N_("Unknown: not issued here"),
        "test": N_("TEST: binds nobody"),
        "no-code": N_("No code was read"),
    },
    "verdict_meaning": {
        "genuine": N_("This code was signed by the organisation named below, and the copy is valid now."),
        "seal-revoked": N_(
            "The copy was validly sealed when it was issued. A seal on it has been revoked or destroyed since, so "
            "nothing newer can bear it. Please ask the issuer if the date on your paper is later."
        ),
        "unsettled": N_(
            "The code was signed, but the issuer has not confirmed yet that this copy was printed. "
            "Please ask the issuer before you rely on it."
        ),
        "void": N_("The issuer has declared this copy invalid. Do not rely on it."),
        "replaced": N_("This copy is void, and another copy stands in its place. Ask the issuer for that one."),
        "altered": N_(
            "The code looks like one of ours, but its signature or its data do not agree. Do not rely on it."
        ),
        "expired": N_("The issuer no longer accepts the key that signed this code. Please ask the issuer."),
        "unknown": N_(
            "No copy with this code was issued by this server. If the code was read from a paper, do not rely on it."
        ),
        "test": N_("This code was signed with keys that are for tests only. Whatever the paper says, it is not valid."),
        "no-code": N_("That says nothing about the paper. Scan the code with your phone, or take a sharper photo."),
    },
    "mark": {
        "microtext": N_("microtext"),
        "pantograph": N_("hidden word 复印无效 (COPY)"),
        "guilloche": N_("frame of fine lines"),
        "watermark": N_("watermark"),
    },
    "mark_look": {
        "microtext": N_("Under a magnifier a thin line reads as the copy serial; on a photocopy it is a smear."),
        "pantograph": N_("The ground is an even tint. A photocopy shows the word; so will some scanners."),
        "guilloche": N_("The lines are unbroken and do not run together."),
        "watermark": N_("Pale words lie under the text."),
    },
    "public_view": {
        "none": N_("no picture"),
        "masked": N_("the seals; the rest hidden"),
        "titled": N_("headline and seals; the rest hidden"),
        "full": N_("the whole page"),
    },
    "pdf_verdict": PDF_VERDICT,
    "pdf_verdict_meaning": PDF_VERDICT_MEANING,
    "pdf_changes": {
        "none": N_("unchanged since"),
        "lta-updates": N_("unchanged since, but for proofs that were added"),
        "form-filling": N_("changed since: fields were filled in"),
        "annotations": N_("changed since: notes were added"),
        "other": N_("changed since: pages, or something that cannot be explained"),
    },
    "photo_looks": {
        "same": N_("No difference was found"),
        "partly-same": N_("No difference was found in the part that is shown"),
        "differs": N_("The paper differs from what was issued"),
        "unsure": N_("The photo does not allow an answer"),
        "too-coarse": N_("The paper is too small in the photo"),
        "not-squared": N_("The edges of the paper were not recognised"),
        "not-shown": N_("The issuer shows no picture of this page"),
    },
    "photo_looks_meaning": {
        "same": N_("Marked is only what lies in empty places, if anything. Small changes can escape a photo."),
        "partly-same": N_("Most of the page is hidden from strangers and was not compared. Compare it yourself."),
        "differs": N_("At the marked places the paper does not show what was issued. Look there yourself."),
        "unsure": N_("Light, angle or focus are not good enough. Please take another photo, or compare by eye."),
        "too-coarse": N_("Go nearer, so that the page fills the picture, and take another photo."),
        "not-squared": N_("Lay the paper flat on a darker ground, with all four corners in the picture."),
        "not-shown": N_("The code was checked; compare the facts below with the paper."),
    },
    "seal_verdict": SEAL_VERDICT,
    "seal_verdict_meaning": SEAL_VERDICT_MEANING,
    "seal_vouched": SEAL_VOUCHED,
    "seal_holder_kind": SEAL_KIND,
    "seal_standard": SEAL_STANDARD,
}
VERDICT_TONES: Final[Mapping[str, Mapping[str, str]]] = {
    "verdict": {
        "genuine": "success",
        "seal-revoked": "warning",
        "unsettled": "warning",
        "expired": "warning",
        "void": "danger",
        "replaced": "danger",
        "altered": "danger",
        "unknown": "danger",
        "test": "warning",
        "no-code": "warning",
    },
    "pdf_verdict": {
        "as-issued": "success",
        "signed": "success",
        "changed": "danger",
        "broken": "danger",
        "altered-code": "danger",
        "stranger": "warning",
        "scan": "warning",
        "expired-code": "warning",
        "nothing": "warning",
        "unreadable": "warning",
    },
    "photo_looks": {
        "same": "success",
        "partly-same": "warning",
        "differs": "danger",
        "unsure": "warning",
        "too-coarse": "warning",
        "not-squared": "warning",
        "not-shown": "warning",
    },
    "seal_verdict": {
        "genuine": "success",
        "expired": "warning",
        "stopped": "warning",
        "maker-unknown": "warning",
        "unverifiable": "warning",
        "other-data": "danger",
        "forged": "danger",
        "unreadable": "danger",
    },
}
