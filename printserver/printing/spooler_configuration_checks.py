"""Looks at the configuration of a spooler's cupsd, as it stands in the files."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from typing import Final

from printserver.printing.spooler_configuration import (
    POLICY,
    ROOT_LOCATION,
    effective,
    exposed,
    filled,
    needed_of_cupsd,
    needed_of_files,
    policy_text,
    section,
)
from printserver.printing.spooler_findings import Check, Finding, InstalledSpooler
from printserver.printing.spooler_layout import policy_administrators

_TLS: Final = {"TrustOnFirstUse": "No", "AllowAnyRoot": "Yes", "ValidateCerts": "Yes"}


def cupsd_configuration(spooler: InstalledSpooler) -> Iterator[Finding]:
    path = spooler.layout.cupsd_conf
    text = path.read_text("utf-8")
    yield from _directives(spooler, str(path), text, needed_of_cupsd())
    for each in exposed(text):
        yield Finding(
            "cups-listens-to-network",
            f"{path}, line {each.line}",
            f"cupsd listens to other machines: {each.name} {each.value}",
            "Let it listen to its socket alone.",
            (spooler.install_again("--replace"),),
        )
    wanted = policy_text(spooler.record.printing_users, policy_administrators(spooler.layout, spooler.record))
    if section(text, f"policy {POLICY}") != section(wanted, f"policy {POLICY}"):
        yield Finding(
            "policy-changed",
            f"{path}, <Policy {POLICY}>",
            "it allows other things, or other users, than were installed",
            "Put the policy back.",
            (spooler.install_again("--replace"),),
        )
    if not section(text, ROOT_LOCATION):
        yield Finding(
            "cups-knows-no-caller",
            f"{path}, <Location />",
            "without that section cupsd does not ask the socket who is calling, and refuses everybody",
            "Put the section back.",
            (spooler.install_again("--replace"),),
        )


def cups_files_configuration(spooler: InstalledSpooler) -> Iterator[Finding]:
    path = spooler.layout.files_conf
    needed = needed_of_files(spooler.layout.environment(spooler.record.desk))
    yield from _directives(spooler, str(path), path.read_text("utf-8"), needed)


def tls_configuration(spooler: InstalledSpooler) -> Iterator[Finding]:
    """The backend runs with the queue's own home; what stands there goes before what stands in ServerRoot."""
    for queue in spooler.record.queues:
        path = spooler.layout.tls_settings(queue)
        text = path.read_text("utf-8") if path.is_file() else ""
        for name, value in _TLS.items():
            if effective(text, name) != value:
                yield Finding(
                    "tls-not-pinned",
                    str(path),
                    f"it does not say `{name} {value}`: another certificate than the pinned one may be taken",
                    "Put the settings back.",
                    (spooler.install_again(),),
                )


def types(spooler: InstalledSpooler) -> Iterator[Finding]:
    path = spooler.layout.types
    if path.read_text("utf-8") != filled("mime.types"):
        yield Finding(
            "types-changed",
            str(path),
            "CUPS would not know a job file, or would take other things for one",
            "Put the types back.",
            (spooler.install_again(),),
        )


def python_of_the_backend(spooler: InstalledSpooler) -> Iterator[Finding]:
    python = spooler.layout.python
    program = "from cryptography.hazmat.primitives.asymmetric import x25519"
    tried = subprocess.run([python, "-I", "-c", program], check=False, capture_output=True, timeout=60)
    if tried.returncode != 0:
        yield Finding(
            "cryptography-missing",
            f"{python}, module cryptography",
            "the fence backend cannot open job files without it",
            "Install Debian's package.",
            ("apt-get install python3-cryptography",),
        )


def _directives(spooler: InstalledSpooler, path: str, text: str, needed: Mapping[str, str]) -> Iterator[Finding]:
    for name, value in needed.items():
        stands = effective(text, name)
        if stands != value:
            yield Finding(
                f"cups-{name.lower().replace(' ', '-').replace('_', '-')}",
                path,
                f"{name} is {'not said' if stands is None else stands}, and must be {value}",
                "Put the setting back.",
                (spooler.install_again("--replace"),),
            )


CONFIGURATION_CHECKS: Final[tuple[Check, ...]] = (
    cupsd_configuration,
    cups_files_configuration,
    tls_configuration,
    types,
    python_of_the_backend,
)
