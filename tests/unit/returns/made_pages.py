"""Makes issued copies for the tests: contract text, red seal, QR top right, Code 128 bottom left, as a PDF."""

from __future__ import annotations

import json
import random

import typst
import zxingcpp

from printserver.foundation.serials import CopySerial, PageCode

_PHRASES = (
    "甲方应于合同生效之日起三十日内支付第一期款项",
    "The supplier delivers the goods to the buyer's warehouse",
    "乙方保证所提供的设备符合国家标准及双方约定的技术要求",
    "任何一方违约，应向守约方支付违约金",
    "either party may terminate this agreement by written notice",
    "本合同一式两份，甲乙双方各执一份，具有同等法律效力",
    "payment falls due thirty days after the invoice",
    "争议应提交合同签订地人民法院诉讼解决",
)

_PAGE = """
#set page(paper: "a4", margin: (x: 25mm, top: 48mm, bottom: 42mm))
#set text(size: 10.5pt, font: ("Libertinus Serif", "Noto Serif CJK SC"), fallback: true)
#set par(leading: 0.75em, justify: true)
#let data = json(bytes(sys.inputs.data))
#for (index, entry) in data.pages.enumerate() {
  if index > 0 { pagebreak() }
  place(top + right, dx: 13mm, dy: -36mm, image(bytes(entry.qr), format: "svg", width: 28mm))
  place(bottom + left, dx: -10mm, dy: 28mm, image(bytes(entry.bars), format: "svg", width: 72mm, height: 9mm))
  if data.seal {
    place(bottom + right, dx: 5mm, dy: 10mm, circle(radius: 20mm, stroke: 1mm + rgb("#d9261c"))[
      #set align(center + horizon)
      #text(fill: rgb("#d9261c"), size: 20pt)[★]])
  }
  for line in entry.lines { par(line) }
}
"""


def verification_text(serial: CopySerial, page: int, host: str = "http://127.0.0.1:8080") -> str:
    """As long as a signed code, and naming serial and page, but signed by nobody."""
    return f"{host}/q/{PageCode(serial, page).digits():>032}{'7' * 289}"


def read_unsigned(text: str) -> PageCode:
    """What a verifier would answer for `verification_text`."""
    return PageCode.parse(text.rpartition("/q/")[2][:32])


def contract_lines(seed: int, count: int = 14) -> list[str]:
    choose = random.Random(seed)
    lines = []
    for number in range(1, count + 1):
        words = ", ".join(choose.choice(_PHRASES) for _ in range(choose.randint(1, 3)))
        lines.append(f"{number}. {words}, {choose.randint(100, 999)},{choose.randint(100, 999)}.00 CNY.")
    return lines


def issued_copy(serial: CopySerial, pages: list[list[str]], *, seal: bool = True, codes: bool = True) -> bytes:
    """A PDF of one page for each list of lines. `codes=False` leaves blanks where the codes would be."""
    empty = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'
    entries = []
    for number, lines in enumerate(pages, start=1):
        qr, bars = qr_svg(verification_text(serial, number)), code_128_svg(PageCode(serial, number).digits())
        entries.append({"qr": qr if codes else empty, "bars": bars if codes else empty, "lines": lines})
    data = json.dumps({"pages": entries, "seal": seal})
    return bytes(typst.compile(_PAGE.encode(), sys_inputs={"data": data}))


def qr_svg(text: str) -> str:
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    return str(zxingcpp.write_barcode_to_svg(code, add_quiet_zones=False))


def code_128_svg(digits: str) -> str:
    code = zxingcpp.create_barcode(digits, zxingcpp.BarcodeFormat.Code128)
    return str(zxingcpp.write_barcode_to_svg(code, add_quiet_zones=False)).replace(
        "<svg ", '<svg preserveAspectRatio="none" '
    )
