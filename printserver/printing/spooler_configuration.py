"""Texts of CUPS's configuration files: what stands in them, what a controlled spooler needs, both put together.

What is needed is read from the templates in `deploy/cups`, so there is one place that says it. Nothing here touches a
file of CUPS.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import ClassVar, Final

from printserver.foundation.errors import Refused

TEMPLATES: Final = Path(__file__).resolve().parents[2] / "deploy" / "cups"
POLICY: Final = "sealed"
USER_NAME: Final = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
NETWORK_DIRECTIVES: Final = ("listen", "port", "ssllisten", "sslport")
# Of the template, what holds for all queues of a cupsd; the rest is a matter of a private one.
_SERVER_WIDE: Final = (
    "Browsing",
    "BrowseLocalProtocols",
    "DefaultShared",
    "WebInterface",
    "DefaultAuthType",
    "PreserveJobFiles",
    "PreserveJobHistory",
    "MaxJobs",
    "DirtyCleanInterval",
    "MultipleOperationTimeout",
    "JobKillDelay",
    "MaxJobTime",
    "MaxEvents",
    "MaxLeaseDuration",
)
_FILES_WIDE: Final = ("FileDevice", "SyncOnClose")
_LOOPBACK: Final = re.compile(r"/.*|(?:localhost|127\.0\.0\.1|\[::1\])(?::[0-9]+)?")
ROOT_LOCATION: Final = "location /"
# Without any, cupsd 2.4 takes no peer credentials, and so knows nobody who calls over its socket.
_ROOT_LOCATION_TEXT: Final = "<Location />\n  Order allow,deny\n  Allow localhost\n</Location>"
_BEGIN: Final = "# printserver: begin. Written by `printserver printers install`; changes here are lost."
_END: Final = "# printserver: end."
_REPLACED: Final = "# printserver replaced: "
_BLOCK: Final = re.compile(rf"{re.escape(_BEGIN)}\n.*?{re.escape(_END)}\n", re.DOTALL)


class ConfigurationInTheWay(Refused):
    """`directives`: lines that stand there and cannot stay, each with the reason."""

    code: ClassVar[str] = "cups-configuration-in-the-way"

    def __init__(self, directives: tuple[str, ...]) -> None:
        super().__init__("this CUPS is configured for something else: " + "; ".join(directives))
        self.directives = directives


@dataclass(frozen=True, slots=True)
class Directive:
    """One line that says something."""

    line: int
    """1-based."""
    name: str
    """In lower case; for `SetEnv` with the variable's name behind it."""
    value: str
    section: str
    """`policy sealed`, `location /admin` …, in lower case; empty outside of all."""


def read_directives(text: str) -> tuple[Directive, ...]:
    """All lines that say something; a section's own limits are part of it. Source: cupsd.conf(5)."""
    return tuple(_directives(text))


def _directives(text: str) -> Iterator[Directive]:
    sections: list[str] = []
    for number, raw in enumerate(text.splitlines(), start=1):
        line = re.sub(r"(?<!\\)#.*", "", raw).strip()
        if not line:
            continue
        if line.startswith("</"):
            sections = sections[:-1]
        elif line.startswith("<"):
            sections.append(" ".join(line.strip("<> \t").split()).lower())
            yield Directive(number, "<", sections[-1], sections[0])
        else:
            name, _, value = line.partition(" ") if " " in line else line.partition("\t")
            if name.lower() == "setenv":
                variable, _, value = value.strip().partition(" ")
                name = f"{name} {variable}"
            yield Directive(number, name.lower(), " ".join(value.split()), sections[0] if sections else "")


def effective(text: str, name: str) -> str | None:
    """The value that counts, which is the last one outside of all sections; None when the directive is not there."""
    values = [each.value for each in read_directives(text) if each.name == name.lower() and not each.section]
    return values[-1] if values else None


def section(text: str, name: str) -> tuple[tuple[str, str], ...]:
    """What all sections of that name say, in order; empty when there is none."""
    return tuple((each.name, each.value) for each in read_directives(text) if each.section == name.lower())


def exposed(text: str) -> tuple[Directive, ...]:
    """By what cupsd listens to more than sockets and this machine's own loopback."""
    return tuple(
        each
        for each in read_directives(text)
        if not each.section
        and each.name in NETWORK_DIRECTIVES
        and not (each.name in ("listen", "ssllisten") and _LOOPBACK.fullmatch(each.value.lower()))
    )


def needed_of_cupsd() -> Mapping[str, str]:
    """Directives of cupsd.conf that every controlled spooler has, by name."""
    return _from_template("cupsd.conf", _SERVER_WIDE)


def needed_of_files(environment: Mapping[str, str]) -> Mapping[str, str]:
    """The same of cups-files.conf, with the variables that the fence backend reads."""
    variables = {f"SetEnv {name}": value for name, value in environment.items()}
    return {**_from_template("cups-files.conf", _FILES_WIDE), **variables}


def policy_text(printing_users: tuple[str, ...], administrators: tuple[str, ...]) -> str:
    """The section `<Policy sealed>` with these system users; names are the caller's to check."""
    return filled(
        "sealed-policy.conf", printing_users=" ".join(printing_users), administrators=" ".join(administrators)
    )


def filled(template: str, **values: str) -> str:
    return Template((TEMPLATES / template).read_text(encoding="utf-8")).substitute(values)


def merged(
    text: str, needed: Mapping[str, str], *, policy: str = "", ours: Collection[str] = (), replace: bool = False
) -> str:
    """`text` with what is needed; what it says besides stays. Merging again changes nothing.

    policy: the section to have, if any, and a place for it to hold in.
    ours: variables of `SetEnv` that nobody else has a use for.
    replace: lines in the way become comments.
    Raises: ConfigurationInTheWay without `replace`, and for a section that is never closed.
    """
    text = _BLOCK.sub("", text)
    if not _all_closed(text):
        raise ConfigurationInTheWay(("a section is not closed, or closed twice",))
    in_the_way = _in_the_way(text, needed, policy)
    mine = {f"setenv {name.lower()}" for name in ours}
    refused = {each.line for each in read_directives(text) if each.line in in_the_way and each.name not in mine}
    if refused and not replace:
        raise ConfigurationInTheWay(tuple(dict.fromkeys(in_the_way[number] for number in sorted(refused))))
    lines = text.splitlines()
    for number in in_the_way:
        lines[number - 1] = _REPLACED + lines[number - 1]
    kept = "\n".join(lines) + "\n" if lines else ""
    missing = [f"{name} {value}" for name, value in needed.items() if effective(kept, name) != value]
    if policy and not section(kept, f"policy {POLICY}"):
        missing += policy.strip().splitlines()
    if policy and not section(kept, ROOT_LOCATION):
        missing += _ROOT_LOCATION_TEXT.splitlines()
    return "".join((kept, *(f"{line}\n" for line in (_BEGIN, *missing, _END)))) if missing else kept


def _all_closed(text: str) -> bool:
    """What would be added behind a section that is still open would be taken for a part of it."""
    opened = 0
    for line in (raw.strip() for raw in text.splitlines()):
        opened += -1 if line.startswith("</") else line.startswith("<")
        if opened < 0:
            return False
    return opened == 0


def _in_the_way(text: str, needed: Mapping[str, str], policy: str) -> Mapping[int, str]:
    """By line number, why that line cannot stay."""
    wanted = {name.lower(): (name, value) for name, value in needed.items()}
    found = {}
    for each in read_directives(text):
        if not each.section and each.name in wanted and each.value != wanted[each.name][1]:
            name, value = wanted[each.name]
            found[each.line] = f"line {each.line}: {name} {each.value} (needed: {value})"
    if policy:
        found |= {
            each.line: f"line {each.line}: {each.name} {each.value} (cupsd may listen to this machine alone)"
            for each in exposed(text)
        }
        found |= _other_policy(text, policy)
    return found


def _other_policy(text: str, policy: str) -> Mapping[int, str]:
    name = f"policy {POLICY}"
    if section(text, name) in ((), section(policy, name)):
        return {}
    lines = text.splitlines()
    first = next(each.line for each in read_directives(text) if each.section == name)
    last = next(number for number in range(first, len(lines) + 1) if lines[number - 1].strip().lower() == "</policy>")
    said = f"line {first}: another <Policy {POLICY}>"
    return dict.fromkeys(range(first, last + 1), said)


def _from_template(template: str, names: tuple[str, ...]) -> Mapping[str, str]:
    text = (TEMPLATES / template).read_text(encoding="utf-8")
    return {name: value for name in names if (value := effective(text, name)) is not None}
