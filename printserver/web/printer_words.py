"""Words for what printers, their spoolers and our own watch say: what it is, what it means for a copy, what to do.

Source of the keywords: RFC 8011 section 5.4.12, PWG 5100.9 (unverified against the text), CUPS 2.4, and our own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from printserver.web.languages import N_


class Effect(StrEnum):
    """What a condition does to copies."""

    NONE = "none"
    WAITS_INSIDE = "waits-inside"
    WAITS_OUTSIDE = "waits-outside"
    BARRED = "barred"
    NEVER = "never"
    UNKNOWN = "unknown"
    NOT_TOLD = "not-told"


EFFECTS: Final[Mapping[Effect, str]] = {
    Effect.NONE: N_("Copies are printed as usual; none waits for this."),
    Effect.WAITS_INSIDE: N_(
        "The copy in the printer waits and comes out by itself when this is mended, without a second start; "
        "copies behind it wait too."
    ),
    Effect.WAITS_OUTSIDE: N_(
        "No copy goes to the printer while this lasts; those that wait go on by themselves after."
    ),
    Effect.BARRED: N_("No page leaves the server. Copies wait until a person has acted."),
    Effect.NEVER: N_("This job prints nothing, now or later."),
    Effect.UNKNOWN: N_(
        "Paper may have come out or not. Nothing is printed again by itself: a person looks and records it."
    ),
    Effect.NOT_TOLD: N_(
        "What this means for copies is not known here; the copy's own state still tells how far it is."
    ),
}

LOOK_AT_DISPLAY: Final = N_("Look at the printer's own display.")
NOTHING_TO_DO: Final = N_("There is nothing to do.")
CALL_SERVICE: Final = N_("Call whoever services the printer.")
LOOK_AND_SETTLE: Final = N_("Go to the printer and look, then record on the copy's page what became of it.")
CLOSE_IT: Final = N_("Close it.")
SWITCH_ON: Final = N_("Switch the printer on and look at its network cable.")
TRUST_ANEW: Final = N_(
    "The printer administrator compares the fingerprint with the one on the printer's own display and trusts it anew "
    "on the printer's page; if nobody has changed it, tell the auditor."
)


@dataclass(frozen=True)
class Condition:
    """name, remedy: marked for translation.   tone: as in `words.TONES`, for a keyword without a severity."""

    name: str
    effect: Effect
    remedy: str
    tone: str


@dataclass(frozen=True)
class Said:
    """A keyword in one language.   keyword: as the printer said it, made harmless.   tone: as in `words.TONES`."""

    keyword: str
    name: str
    meaning: str
    remedy: str
    tone: str


def _stops(name: str, remedy: str) -> Condition:
    return Condition(name, Effect.WAITS_INSIDE, remedy, "danger")


def _keeps_out(name: str, remedy: str) -> Condition:
    return Condition(name, Effect.WAITS_OUTSIDE, remedy, "warning")


def _soon(name: str, remedy: str) -> Condition:
    return Condition(name, Effect.NONE, remedy, "warning")


def _by_the_way(name: str) -> Condition:
    return Condition(name, Effect.NONE, NOTHING_TO_DO, "light")


STATES: Final[Mapping[str, Condition]] = {
    "idle": Condition(N_("ready"), Effect.NONE, NOTHING_TO_DO, "success"),
    "processing": Condition(N_("is printing"), Effect.NONE, NOTHING_TO_DO, "info"),
    "stopped": _stops(N_("stopped"), LOOK_AT_DISPLAY),
}
"""printer-state (RFC 8011 section 5.4.11)."""

PROBLEMS: Final[Mapping[str, Condition]] = {
    "printer-unreachable": _keeps_out(N_("does not answer"), SWITCH_ON),
    "printer-certificate-changed": Condition(
        N_("shows another certificate than the trusted one"), Effect.BARRED, TRUST_ANEW, "danger"
    ),
    "printer-answer-refused": Condition(
        N_("its answer cannot be used"),
        Effect.NOT_TOLD,
        N_("Ask again later; if it stays so, tell the printer administrator."),
        "warning",
    ),
}
"""Why our own watch could not learn the printer's state."""

REASONS: Final[Mapping[str, Condition]] = {
    "media-empty": _stops(N_("out of paper"), N_("Load paper.")),
    "media-needed": _stops(N_("wants other paper"), N_("Load the paper that the printer's display asks for.")),
    "media-jam": _stops(
        N_("paper jam"),
        N_("Take out every sheet and close the printer; it goes on by itself. Destroy damaged sheets of a copy."),
    ),
    "media-low": _soon(N_("little paper left"), N_("Load paper soon.")),
    "input-tray-missing": _stops(N_("the paper tray is out"), N_("Push the tray in.")),
    "output-tray-missing": _stops(N_("the output tray is out"), N_("Push the tray in.")),
    "output-area-full": _stops(N_("the output tray is full"), N_("Take the printed sheets out.")),
    "output-area-almost-full": _soon(N_("the output tray is nearly full"), N_("Take the printed sheets out.")),
    "toner-empty": _stops(N_("out of toner"), N_("Change the toner.")),
    "toner-low": _soon(N_("little toner left"), N_("Have toner at hand: a pale seal has to be printed anew.")),
    "developer-empty": _stops(N_("out of developer"), CALL_SERVICE),
    "developer-low": _soon(N_("little developer left"), CALL_SERVICE),
    "marker-supply-empty": _stops(N_("out of ink or toner"), N_("Change the cartridge.")),
    "marker-supply-missing": _stops(N_("a cartridge is missing"), N_("Put the cartridge in.")),
    "marker-supply-low": _soon(
        N_("little ink or toner left"), N_("Have toner at hand: a pale seal has to be printed anew.")
    ),
    "marker-waste-full": _stops(N_("the waste toner box is full"), N_("Change the waste toner box.")),
    "marker-waste-almost-full": _soon(N_("the waste toner box is nearly full"), N_("Have a new box at hand.")),
    "door-open": _stops(N_("a door is open"), CLOSE_IT),
    "cover-open": _stops(N_("a cover is open"), CLOSE_IT),
    "interlock-open": _stops(N_("a safety switch is open"), N_("Close every door and cover.")),
    "fuser-over-temp": _stops(N_("the fuser is too hot"), N_("Wait; if it lasts, call whoever services the printer.")),
    "fuser-under-temp": _stops(
        N_("the fuser is warming up"), N_("Wait; if it lasts, call whoever services the printer.")
    ),
    "opc-life-over": _stops(N_("the drum is worn out"), CALL_SERVICE),
    "opc-near-eol": _soon(N_("the drum is nearly worn out"), CALL_SERVICE),
    "interpreter-resource-unavailable": _stops(N_("the printer lacks memory or a font"), LOOK_AT_DISPLAY),
    "spool-area-full": _keeps_out(
        N_("the print queue's disk is full"), N_("Make room on the disk of the computer that serves this printer.")
    ),
    "paused": _keeps_out(N_("paused"), N_("Let it go on at its own display or on its page here.")),
    "moving-to-paused": _keeps_out(N_("is being paused"), N_("Let it go on at its own display or on its page here.")),
    "hold-new-jobs": _keeps_out(N_("holds new jobs back"), N_("Let it go on at its own display or on its page here.")),
    "deactivated": _keeps_out(N_("out of service"), N_("Put it into service again at its own display.")),
    "stopped-partly": _soon(N_("a part of the printer has stopped"), LOOK_AT_DISPLAY),
    "stopping": _keeps_out(N_("is stopping"), LOOK_AT_DISPLAY),
    "shutdown": _keeps_out(N_("switched off"), SWITCH_ON),
    "offline": _keeps_out(N_("not connected"), SWITCH_ON),
    "connecting-to-device": _keeps_out(N_("is being connected"), SWITCH_ON),
    "timed-out": _keeps_out(N_("did not answer in time"), SWITCH_ON),
    "power-up": _keeps_out(N_("is starting"), NOTHING_TO_DO),
    "testing": _keeps_out(N_("is testing itself"), NOTHING_TO_DO),
    "configuration-change": _by_the_way(N_("its settings were changed")),
    "identify-printer-requested": _by_the_way(N_("was asked to show itself")),
    "other": Condition(N_("something that it does not name"), Effect.NOT_TOLD, LOOK_AT_DISPLAY, "warning"),
    "cups-held-for-authentication": Condition(
        N_("the printer asks for a password"),
        Effect.BARRED,
        N_("The printer administrator puts the right password into the queue; the copy may then be released again."),
        "danger",
    ),
    "cups-pki-invalid": Condition(N_("the certificate is not the trusted one"), Effect.BARRED, TRUST_ANEW, "danger"),
    "cups-pki-changed": Condition(N_("the certificate has changed"), Effect.BARRED, TRUST_ANEW, "danger"),
    "cups-pki-expired": Condition(N_("the certificate has expired"), Effect.BARRED, TRUST_ANEW, "danger"),
    "cups-pki-unknown": Condition(N_("the certificate is not known"), Effect.BARRED, TRUST_ANEW, "danger"),
    "cups-ipp-missing-job-history": Condition(
        N_("the printer has forgotten its job, perhaps switched off in the middle"),
        Effect.UNKNOWN,
        LOOK_AND_SETTLE,
        "warning",
    ),
    "cups-ipp-conformance-failure": _soon(N_("the printer keeps the standard badly"), NOTHING_TO_DO),
    "cups-insecure-filter": Condition(
        N_("a program of the queue has wrong permissions"),
        Effect.BARRED,
        N_("Whoever runs the server mends it: `printserver printers check` says how."),
        "danger",
    ),
    "cups-missing-filter": Condition(
        N_("a program of the queue is missing"),
        Effect.BARRED,
        N_("Whoever runs the server mends it: `printserver printers check` says how."),
        "danger",
    ),
    "cups-waiting-for-job-completed": _by_the_way(N_("waits for the printer's last word")),
    "printserver-outcome-unknown": Condition(
        N_("a copy was started before; whether it came out is not known"), Effect.UNKNOWN, LOOK_AND_SETTLE, "warning"
    ),
    "printserver-certificate-not-pinned": Condition(
        N_("no certificate is trusted for this printer"), Effect.BARRED, TRUST_ANEW, "danger"
    ),
    "printserver-desk-unreachable": _keeps_out(
        N_("the print server is not reached: without it nothing is printed"),
        N_("Wait; if it lasts, look at the branch's network and whether the server runs."),
    ),
    "printserver-spooler-unreachable": _keeps_out(
        N_("the print queue's computer does not answer"),
        N_("Wait; if it lasts, whoever runs the server looks whether CUPS runs."),
    ),
    "printserver-queue-missing": Condition(
        N_("its print queue is not set up"),
        Effect.BARRED,
        N_("Whoever runs the server mends it: `printserver printers check` says how."),
        "danger",
    ),
    "printserver-ticket-refused": Condition(
        N_("the ticket of a job was refused: used, withdrawn or not from here"),
        Effect.NEVER,
        N_(
            "Look at the copy's page: it says whether it may be released again. "
            "If nobody here sent it, tell the auditor."
        ),
        "danger",
    ),
}
"""printer-state-reasons without their severity."""

SEVERITIES: Final[Mapping[str, str]] = {"-error": "danger", "-warning": "warning", "-report": "light"}
"""Source: RFC 8011 section 5.4.12; `none` says that there is no reason."""

UNHEARD: Final = N_("not asked yet")
NO_WORDS: Final = Condition("", Effect.NOT_TOLD, LOOK_AT_DISPLAY, "warning")
LONGEST_KEYWORD: Final = 100
"""Characters of an unknown keyword that are shown."""

Translate = Callable[[str], str]


def state_in_words(state: str, problem: str, translate: Translate) -> Said:
    """A printer's state; `problem`, if our watch has one, wins.   state: empty until it is asked."""
    if problem:
        return _said(problem, PROBLEMS.get(problem) or REASONS.get(problem), translate)
    if not state:
        return Said("", translate(UNHEARD), translate(EFFECTS[Effect.NOT_TOLD]), translate(NOTHING_TO_DO), "light")
    return _said(state, STATES.get(state), translate)


def reason_in_words(keyword: str, translate: Translate) -> Said:
    """A printer-state-reason, with or without its severity; one that nobody here knows stands for itself."""
    severity = next((suffix for suffix in SEVERITIES if keyword.endswith(suffix)), "")
    said = _said(keyword, REASONS.get(keyword.removesuffix(severity)), translate)
    return Said(**{**vars(said), "tone": SEVERITIES[severity]}) if severity else said


def reasons_in_words(keywords: Iterable[object], translate: Translate) -> tuple[Said, ...]:
    """What stops copies comes first; `none` and repeats are left out."""
    order = {"danger": 0, "warning": 1}
    said = [reason_in_words(keyword, translate) for keyword in dict.fromkeys(map(str, keywords)) if keyword != "none"]
    return tuple(sorted(said, key=lambda one: order.get(one.tone, 2)))


def _said(keyword: str, condition: Condition | None, translate: Translate) -> Said:
    found = condition or NO_WORDS
    harmless = "".join(each if each.isprintable() else "�" for each in keyword[:LONGEST_KEYWORD])
    name = translate(found.name) if found.name else harmless
    return Said(harmless, name, translate(EFFECTS[found.effect]), translate(found.remedy), found.tone)
