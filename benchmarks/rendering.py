"""Rendering beside its limits: typst beside WeasyPrint, sandboxed beside in-process, copies beside pikepdf.

Processor time, children included. WeasyPrint is no dependency: `PRINTSERVER_BENCH_WEASYPRINT` names a Python that has
it (`python3 -m venv v && v/bin/pip install weasyprint`); without one its row is left out. Both set the same sales
contract from the same values, in a process that is warm.
"""

from __future__ import annotations

import io
import json
import os
import resource
import statistics
import subprocess
import time
from collections.abc import Callable
from html import escape
from typing import Any, Final

import pikepdf
import pypdfium2
import typst

from printserver.cli.demo.contract import sample_contract
from printserver.documents.engines import compare_engines
from printserver.documents.intake import make_safe
from printserver.documents.template_setting import set_template
from printserver.documents.template_store import FOLDER, HOUSE, built_in_templates
from printserver.documents.template_values import check_values, spelt_out
from printserver.foundation.serials import CopySerial
from printserver.print_requests.amounts_said import read_amount
from printserver.rendering.layout import plan_layout
from printserver.rendering.marks import CopyMarks
from printserver.rendering.overlay import render_copy
from printserver.rendering.page_images import page_image

ROUNDS: Final = 5
DPI: Final = 100
PEER: Final = "PRINTSERVER_BENCH_WEASYPRINT"
_PEER_PROGRAM: Final = """
import json, sys, time, weasyprint
html, rounds = sys.stdin.read(), int(sys.argv[1])
weasyprint.HTML(string=html).write_pdf()
begun = time.process_time()
for _ in range(rounds):
    weasyprint.HTML(string=html).write_pdf()
print((time.process_time() - begun) / rounds)
"""


def measure() -> list[dict[str, object]]:
    """Rows {"name", "value", "limit", "ratio", "unit"}."""
    contract = built_in_templates()["sales-contract"]
    values = check_values(contract.description, contract.description.sample, read_amount)
    data = spelt_out(contract.description, values, "zh", read_amount)
    files = {name: (FOLDER / contract.code / name).read_text("utf-8") for name in ("zh.typ", "en.typ")}
    files[HOUSE] = (FOLDER / HOUSE).read_text("utf-8")
    inside = _seconds(lambda: _in_process(files, data))
    sandboxed = _seconds(lambda: set_template(files, "zh", data, trusted=False))
    rows = [_row("rendering: template in its sandbox ÷ in-process", sandboxed, inside, "CPU-seconds a contract")]
    peer = os.environ.get(PEER)
    if peer:
        weasy = _peer_seconds(peer, data)
        rows.insert(0, _row("rendering: template by typst ÷ by WeasyPrint", inside, weasy, "CPU-seconds a contract"))
    safe = make_safe(sample_contract()).pdf
    rows.append(_picture_row(safe))
    rows.append(_copy_row(safe))
    rows.append(_engines_row(safe))
    return rows


def _in_process(files: dict[str, str], data: dict[str, Any]) -> object:
    sources = {name: text.encode() for name, text in files.items()} | {"main.typ": b'#include "zh.typ"'}
    return typst.compile(sources, sys_inputs={"data": json.dumps(data)})  # type: ignore[call-overload]  # sources by name


def _picture_row(safe: bytes) -> dict[str, object]:
    def inside() -> None:
        with pypdfium2.PdfDocument(safe) as document:
            document[0].render(scale=DPI / 72).to_pil().save(io.BytesIO(), "WEBP")

    sandboxed = _seconds(lambda: page_image(safe, 1, dpi=DPI))
    return _row("rendering: a page's picture in its sandbox ÷ in-process", sandboxed, _seconds(inside), "CPU-seconds")


def _copy_row(safe: bytes) -> dict[str, object]:
    layout = plan_layout(safe)
    pages = len(layout)

    def ours() -> None:
        render_copy(safe, layout, CopyMarks(CopySerial.generate(), 1, 1, ()))

    def bare() -> None:
        with pikepdf.open(io.BytesIO(safe)) as target, pikepdf.open(io.BytesIO(safe)) as stamp:
            for page in target.pages:
                page.add_overlay(stamp.pages[0], None)
            target.save(io.BytesIO())

    ours()
    bare()
    rates = pages / _seconds(ours), pages / _seconds(bare)
    return _row("rendering: a copy's pages ÷ pikepdf's bare overlay", *rates, "pages per CPU-second")


def _engines_row(safe: bytes) -> dict[str, object]:
    """Each round another file, for what was compared once is known."""
    pages, number = len(plan_layout(safe)), iter(range(10_000))

    def both() -> None:
        compare_engines(safe + b"%% %d\n" % next(number), pages)

    def alone() -> None:
        subprocess.run(["/usr/bin/pdftoppm", "-gray", "-r", "144", "-"], input=safe, capture_output=True, check=True)

    rates = pages / _seconds(both), pages / _seconds(alone)
    return _row("rendering: pages compared by two engines ÷ drawn by poppler", *rates, "pages per CPU-second")


def _peer_seconds(python: str, data: dict[str, Any]) -> float:
    command = [python, "-c", _PEER_PROGRAM, str(ROUNDS)]
    said = subprocess.run(command, input=_html(data), capture_output=True, text=True, check=True)
    return float(said.stdout)


def _html(data: dict[str, Any]) -> str:
    """The same words, tables and page, in the plainest style."""
    cell = "border:0.5pt solid #999;padding:4pt"
    facts = [("卖方（甲方）", data["seller"]["name"]), ("买方（乙方）", data["buyer"]["name"])]
    facts += [("签订日期", data["day"]["zh"]), ("签订地点", data["place"])]
    goods = [
        [row["item"], row["model"], row["quantity"], row["price"]["grouped"], row["sum"]["grouped"]]
        for row in data["goods"]
    ]
    source = (FOLDER / "sales-contract" / "zh.typ").read_text("utf-8")
    clauses = [line.strip()[1:].rstrip("],") for line in source.splitlines() if line.startswith("    [")]

    def table(rows: list[Any]) -> str:
        lines = ("".join(f'<td style="{cell}">{escape(str(text))}</td>' for text in row) for row in rows)
        inside = "".join(f"<tr>{line}</tr>" for line in lines)
        return f'<table style="border-collapse:collapse;width:100%">{inside}</table>'

    style = "@page{size:A4;margin:38mm 27mm}body{font:10.5pt 'Noto Serif CJK SC'}"
    body = "".join(f"<p>{escape(clause)}</p>" for clause in clauses)
    return f'<html lang="zh"><style>{style}</style><h1>买卖合同</h1>{table(facts)}{table(goods)}{body}</html>'


def _seconds(work: Callable[[], object]) -> float:
    """Processor time of one, the median of some rounds, child processes included."""
    taken = []
    for _ in range(ROUNDS):
        begun = _spent()
        work()
        taken.append(_spent() - begun)
    return statistics.median(taken)


def _spent() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def _row(name: str, value: float, limit: float, unit: str) -> dict[str, object]:
    return {"name": name, "value": value, "limit": limit, "ratio": value / limit, "unit": unit}
