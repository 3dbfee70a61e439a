"""Run one grammar, or `all`, under atheris (libFuzzer): `python -m tests.fuzz bundle -runs=100000 -seed=1`.

Below `--work` (var/fuzz) lie the genuine package, made at the first run, a corpus a grammar, which grows with each run,
and the inputs that broke something. Further arguments are libFuzzer's. Ends with status 0 when nothing was found.
"""

from __future__ import annotations

import argparse
import random
import resource
import sys
from pathlib import Path
from typing import Final

import atheris

_MOST: Final = 400_000
"""Bytes of one input."""
_MEMORY: Final = 2 << 30
"""Bytes of data of this process: more ends in a MemoryError, which is no refusal. libFuzzer's own limit is off: it
reads the peak of `getrusage`, and a process inherits the peak of the one that started it.
"""
_MEASURED: Final = [
    "printserver.archive.bag", "printserver.audit.canonical", "printserver.audit.heads", "printserver.audit.merkle",
    "printserver.audit.proofs", "printserver.signing.codes", "printserver.signing.key_list", "printserver.signing.p256",
    "printserver.signing.evidence", "printserver.signing.manifest_shape", "printserver.signing.published_key",
    "printserver.signing.statements", "printserver.signing.verified", "printserver.signing.seal_der",
    "printserver.verification", "rfc8785", "zipfile",
]  # fmt: skip

with atheris.instrument_imports(include=_MEASURED):
    from tests.fuzz.genuine import PACKAGE_FILE, Genuine, make_genuine
    from tests.fuzz.grammars import Grammar, Grammars
    from tests.fuzz.mutations import mutate_json


def main() -> None:
    parser = argparse.ArgumentParser(prog="tests.fuzz", allow_abbrev=False)
    parser.add_argument("grammar", choices=("all", "code", "key-list", "bundle", "package"))
    parser.add_argument("--work", type=Path, metavar="FOLDER", default=Path("var/fuzz"))
    given, options = parser.parse_known_args()
    genuine, mine = given.work / "genuine", given.work / given.grammar
    if not (genuine / PACKAGE_FILE).exists():
        make_genuine(genuine)
    for folder in (mine / "corpus", mine / "found"):
        folder.mkdir(parents=True, exist_ok=True)
    _fuzz(Grammars(Genuine.read(genuine), mine).of(given.grammar), mine, options)


def _fuzz(grammars: tuple[Grammar, ...], folder: Path, options: list[str]) -> None:
    """Does not come back: libFuzzer ends the process."""
    resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY, _MEMORY))
    corpus = folder / "corpus"
    read = {grammar.letter.encode(): grammar.read for grammar in grammars}
    for grammar in grammars:
        for number, seed in enumerate(grammar.seeds):
            (corpus / f"{ord(grammar.letter)}-{number}").write_bytes(grammar.letter.encode() + seed)

    def one(data: bytes) -> None:
        if data[:1] in read:
            read[data[:1]](data[1:])

    def mutate(data: bytes, most: int, seed: int) -> bytes:
        letter = data[:1] if data[:1] in read else random.Random(seed).choice(list(read))
        return letter + mutate_json(data[1:], atheris.Mutate, most - 1, seed)

    limits = [f"-max_len={_MOST}", "-len_control=0", "-timeout=60", "-rss_limit_mb=0"]
    chosen = [*limits, f"-artifact_prefix={folder}/found/", *options]
    atheris.Setup([sys.argv[0], *chosen, str(corpus)], one, custom_mutator=mutate)
    atheris.Fuzz()


main()
