"""`python -m printserver.web.translations_check` finds what would be shown untranslated; it fails when there is any.

Looked for: text in templates and in modules of the pages that is not marked; marked text that a catalogue lacks, or
translates with other placeholders; texts with a lone per cent sign, which no page can fill in; catalogue entries that
nothing uses any more.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from jinja2 import Environment, nodes
from jinja2.ext import babel_extract

from printserver.web.assets import TEMPLATES
from printserver.web.languages import Language, read_catalogue

MODULES: Final = Path(__file__).parent
MARKS: Final = ("N_", "_", "gettext", "ngettext")
SPOKEN_ATTRIBUTES: Final = frozenset({"alt", "aria-label", "label", "placeholder", "title", "data-label"})
SAME_EVERYWHERE: Final = frozenset({"mm"})
NEVER_TRANSLATED: Final = frozenset({"LANGUAGE_NAMES", "BROWSERS", "CHINESE_WORDS"})
"""Names whose values are the same in every language."""
_LETTERS: Final = re.compile(r"[A-Za-z\u4e00-\u9fff]+")
_SENTENCE: Final = re.compile(r"[A-Za-z]{2,} [A-Za-z]{2,}|[\u4e00-\u9fff]")
_PLACEHOLDER: Final = re.compile(r"%\((\w+)\)s")
_LONE_PER_CENT: Final = re.compile(r"%(?!%|\(\w+\)s)")
_EXPRESSION: Final = "\N{WHITE SQUARE}"


@dataclass(frozen=True, order=True)
class Finding:
    place: str
    what: str


class _Texts(HTMLParser):
    """Collects what a reader would see or hear of a template whose expressions are blanked out."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[int, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        line = self.getpos()[0]
        self.found += [(line, value) for name, value in attrs if name in SPOKEN_ATTRIBUTES and value]

    def handle_data(self, data: str) -> None:
        self.found.append((self.getpos()[0], data))


def check(
    templates: Path = TEMPLATES, modules: Path = MODULES, catalogue: Catalog | None = None
) -> tuple[Finding, ...]:
    """catalogue: of the one language that is not the marked strings' own; read from its file when not given."""
    known = read_catalogue(Language.ZH) if catalogue is None else catalogue
    found = [*_in_templates(templates), *_in_modules(modules)]
    return tuple(sorted([*found, *_in_catalogue(known, marked(templates, modules))]))


def marked(templates: Path = TEMPLATES, modules: Path = MODULES) -> dict[str, str]:
    """Every marked text, and where it stands first."""
    found: dict[str, str] = {}
    for path in sorted(templates.glob("*.html")):
        with path.open("rb") as file:
            for line, _function, texts, _comments in babel_extract(file, MARKS, [], {"trimmed": "true"}):
                for text in texts if isinstance(texts, tuple) else (texts,):
                    if isinstance(text, str):
                        found.setdefault(text, f"{path.name}:{line}")
    keywords = dict.fromkeys(MARKS)
    for path in sorted(modules.rglob("*.py")):
        with path.open("rb") as file:
            for line, message, _comments, _context in extract("python", file, keywords):
                if isinstance(message, str):
                    found.setdefault(message, f"{path.name}:{line}")
    return found


def _in_templates(folder: Path) -> Iterator[Finding]:
    environment = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    for path in sorted(folder.glob("*.html")):
        source = path.read_text("utf-8")
        parser = _Texts()
        parser.feed(_without_expressions(environment, source))
        for line, text in parser.found:
            if set(_LETTERS.findall(text)) - SAME_EVERYWHERE:
                yield Finding(f"{path.name}:{line}", f"not marked for translation: {text.strip()!r}")
        for output in environment.parse(source).find_all(nodes.Output):
            for constant in (each for part in output.nodes for each in _shown_constants(part)):
                if _LETTERS.search(constant.value):
                    yield Finding(f"{path.name}:{constant.lineno}", f"not marked for translation: {constant.value!r}")


def _without_expressions(environment: Environment, source: str) -> str:
    """The markup, with its lines where they were; what stands in a `trans` block is marked."""
    parts, opened, marked_block = [], "", False
    for _line, kind, value in environment.lex(source):
        if kind == "data":
            parts.append("\n" * value.count("\n") if marked_block else value)
        elif kind.endswith("_begin"):
            opened = value
        elif kind.endswith("_end"):
            word = opened.strip("{%- ").partition(" ")[0]
            marked_block = word == "trans" or (marked_block and word != "endtrans")
            parts.append((_EXPRESSION if opened.startswith("{{") else "") + "\n" * (opened + value).count("\n"))
            opened = ""
        else:
            opened += value
    return "".join(parts)


def _shown_constants(node: nodes.Node) -> Iterator[nodes.Const]:
    """Texts in an expression that may be what it shows; not what is only asked with."""
    if isinstance(node, nodes.Const) and isinstance(node.value, str):
        yield node
    elif isinstance(node, nodes.CondExpr):
        yield from _shown_constants(node.expr1)
        if node.expr2 is not None:
            yield from _shown_constants(node.expr2)
    elif isinstance(node, nodes.BinExpr):
        yield from _shown_constants(node.left)
        yield from _shown_constants(node.right)
    elif isinstance(node, nodes.Concat):
        for part in node.nodes:
            yield from _shown_constants(part)


def _in_modules(folder: Path) -> Iterator[Finding]:
    for path in sorted(folder.rglob("*.py")):
        if path == Path(__file__):
            continue
        tree = ast.parse(path.read_text("utf-8"))
        exempt = {id(inner) for node in ast.walk(tree) for part in _exempt(node) for inner in ast.walk(part)}
        for node in ast.walk(tree):
            text = node.value if isinstance(node, ast.Constant) and id(node) not in exempt else None
            if isinstance(text, str) and _SENTENCE.search(text):
                yield Finding(f"{path.name}:{getattr(node, 'lineno', 0)}", f"not marked for translation: {text!r}")


def _exempt(node: ast.AST) -> Iterator[ast.AST]:
    """Marked texts, docstrings, errors (pages translate them by their code), reasons for being public."""
    is_marked = isinstance(node, ast.Call) and ast.unparse(node.func) in (*MARKS, "public")
    is_docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    is_neutral = isinstance(node, ast.AnnAssign) and ast.unparse(node.target) in NEVER_TRANSLATED
    if is_marked or is_docstring or is_neutral or isinstance(node, ast.Raise):
        yield node


def _in_catalogue(catalogue: Catalog, texts: dict[str, str]) -> Iterator[Finding]:
    known = {}
    for message in catalogue:
        if message.id:
            singular = message.id[0] if isinstance(message.id, tuple | list) else message.id
            translated = message.string if isinstance(message.string, str) else (message.string or ("",))[0]
            known[singular] = "" if message.fuzzy else translated
            if isinstance(message.id, tuple | list):
                known[message.id[1]] = known[singular]
    for text, place in texts.items():
        if not known.get(text):
            yield Finding(place, f"not translated: {text!r}")
        elif set(_PLACEHOLDER.findall(text)) != set(_PLACEHOLDER.findall(known[text])):
            yield Finding(place, f"translated with other placeholders: {text!r}")
        if any(_LONE_PER_CENT.search(each.replace("%%", "")) for each in (text, known.get(text, ""))):
            yield Finding(place, f"a per cent sign is written twice: {text!r}")
    for text in known.keys() - texts.keys():
        yield Finding(f"{Language.ZH}.po", f"used nowhere: {text!r}")


def main() -> int:
    """The exit status: 0 when everything that is shown is translated."""
    found = check()
    lines = [
        *(f"{finding.place}: {finding.what}" for finding in found),
        f"{len(marked())} texts, {len(found)} findings",
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
