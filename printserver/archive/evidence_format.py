"""The evidence package: what lies where in it, and the parts of it that follow from the rest. Pure.

Nothing in a package is left to be believed: `record.json` names every file of its record by digest and is itself
named by an entry of the log, whose proof lies beside it; key lists are signed by the root; `package.json`,
`README.txt` and `bag-info.txt` are made anew by whoever checks, and must come out the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

from printserver.audit.canonical import canonical_json
from printserver.foundation.clock import as_text

KIND: Final = "print-evidence-package"
RECORD_KIND: Final = "archive-record-evidence"
LOG_KIND: Final = "log-proofs"
VERSION: Final = 1
PACKAGE: Final = "package.json"
README: Final = "README.txt"
KEY_LIST: Final = "keys/key-list.json"
EARLIER_LISTS: Final = "keys/earlier/"
ROOT: Final = "keys/root.sha256"
RECORDS: Final = "records/"
RECORD: Final = "record.json"
LOG: Final = "log.json"
ISSUED: Final = "issued.pdf"

README_TEXT: Final = """\
证据包 EVIDENCE PACKAGE
=====================

这是什么
--------
{issuer} 从其打印控制系统的档案中导出的证据包，内含 {count} 件档案：
{records}
每件档案包括：签发的 PDF（issued.pdf）、收回的纸质件各页的图像（pages/）、未改动的扫描件（scans/，如有）、
可检索的 PDF/A（searchable.pdf，如有）、经批准的清单（approvals/manifest.json）、每个人的批准及其数字签名
（record.json 中的 decisions）、印章签名（seals/）、打印与回收记录、审计日志的证明（log.json）和公开密钥（keys/）。

如何在没有签发单位的情况下核验
----------------------
1. 用另一途径取得根密钥指纹：它印在合同上，也由签发单位公布。本包自称的指纹是
   {root}
   只有两者相同，核验结果才算数。
2. 完整性：任何 BagIt（RFC 8493）工具，或在 “data” 的上一级文件夹运行
   sha256sum -c manifest-sha256.txt
3. 真实性：printserver verify 本包.zip --root 指纹 --language zh（程序开源，离线运行，无需账号和服务器）。
4. 不用本程序：issued.pdf 的签名可用任何 PDF 阅读器检查；批准是 JWS（RFC 7515）或 WebAuthn 签名；
   日志证明按 RFC 9162 第 2.1.3 节计算。
5. records/…/bundle.json 可拖入签发单位的离线核验网页。

能证明什么，不能证明什么
------------------
能证明：谁在何时批准了哪一份文件、系统签发并打印了哪一份、收回的纸质件扫描后是什么样，以及这些记录此后未被改动。
不能证明：纸上手写签名或盖章的真伪，以及证据包制作之后该份是否作废（请扫描纸上的二维码查询）。
图像与签发页的比对结论（相同、有改动、需复核）是辅助意见，请对照 pages/ 与 issued.pdf 自行判断。

What this is
------------
{issuer} exported these {count} archive record(s) from its print-control system. Each folder under records/ holds the
issued PDF, pictures of the pages that came home on paper, the untouched scans where they hold nobody else's pages,
a searchable PDF/A if there is one, the manifest that people approved, every person's approval with its digital
signature (decisions in record.json), the seals' signatures, what is recorded of printing and return, proofs from the
audit log (log.json); keys/ holds the public keys.

How to check it without us
--------------------------
1. Get the fingerprint of the root key from elsewhere: it is printed on the contract and published by the issuer.
   This package claims {root}.
   The result counts only if both are the same.
2. Whole: with any BagIt tool (RFC 8493), or `sha256sum -c manifest-sha256.txt` in the folder above `data`.
3. Genuine: `printserver verify PACKAGE.zip --root FINGERPRINT` (works offline, needs no account and no server).
4. Without our program: any PDF reader checks the signature of issued.pdf; approvals are JWS (RFC 7515) or WebAuthn
   signatures; the proofs from the log are computed by RFC 9162, section 2.1.3.
5. records/…/bundle.json can be dropped on the issuer's page for checking offline.

What it proves, and what not
----------------------------
It proves who approved which document and when, which copy was issued and printed, what the returned paper looked
like when it was scanned, and that these records were not changed since. It does not prove that a handwritten signature
or a stamp on the paper is genuine, nor that the copy was not voided after this package was made: scan the code on the
paper for that. What is said of the comparison (same, changed, review) is an aid: compare pages/ with issued.pdf.
"""


@dataclass(frozen=True)
class PackedRecord:
    """`folder`: below `records/`."""

    folder: str
    record_id: str
    number: str
    serial: str


@dataclass(frozen=True)
class PackageFacts:
    """`made_at`: when the last of the records was packed, by the log.   issuer, root: of the key list in it."""

    issuer: str
    root: str
    made_at: datetime
    records: Sequence[PackedRecord]

    @property
    def name(self) -> str:
        """Of the bag's folder and of its file, without ending; letters, digits and hyphens.

        The last sign of a serial may be another one, such as an asterisk, which no file on Windows is called by.
        """
        digest = sha256(canonical_json([each.record_id for each in self.records])).hexdigest()[:8]
        serial = "".join(each for each in self.records[0].serial if each.isalnum() or each == "-").strip("-")
        which = serial if len(self.records) == 1 else f"{len(self.records)}-records"
        return f"evidence-{which}-{self.made_at:%Y%m%d}-{digest}"

    def package_json(self) -> bytes:
        return canonical_json(
            {
                "kind": KIND,
                "version": VERSION,
                "issuer": self.issuer,
                "root": self.root,
                "made_at": as_text(self.made_at),
                "records": [vars(each) for each in self.records],
            }
        )

    def readme(self) -> bytes:
        lines = [f"  {each.number}  {each.serial}  {RECORDS}{each.folder}/" for each in self.records]
        return README_TEXT.format(
            issuer=self.issuer, count=len(self.records), records="\n".join(lines), root=self.root
        ).encode()

    def info(self, sizes: Mapping[str, int]) -> bytes:
        """Of `bag-info.txt`.   sizes: of the payload files."""
        return (
            f"Source-Organization: {self.issuer}\nExternal-Identifier: {self.name}\n"
            f"Bagging-Date: {self.made_at:%Y-%m-%d}\nPayload-Oxum: {sum(sizes.values())}.{len(sizes)}\n"
            f"Bag-Software-Agent: printserver evidence package {VERSION}\n"
        ).encode()


def folder_of(serial: str) -> str:
    """The record's folder below `records/`.   serial: as people read it."""
    return serial.replace("-", "")[:16]
