"""What `printserver verify` says of an evidence package, in Chinese or English, for a person who is no technician."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

from printserver.signing.evidence import CUSTODY_PREFIX
from printserver.verification.package_findings import Check, HandOverShown, PackageVerdict, RecordShown


class Language(StrEnum):
    ZH = "zh"
    EN = "en"


Words = Mapping[str, tuple[str, str]]
"""Chinese, English."""

_CHECKS: Final[Words] = {
    Check.WHOLE: (
        "完整：每个文件都在，与装入时一致，别无他物",
        "Whole: every file is as it was packed, and none besides",
    ),
    Check.KEYS: ("公钥列表由根密钥签名，历次版本齐全", "Key lists: signed by the root, every earlier one is there"),
    Check.PARTS: ("说明与索引与内容相符", "Description and index agree with the content"),
    Check.LOG: ("审计日志（已签名）证明记录所述", "The signed audit log proves what the record says"),
    Check.ISSUED: (
        "签发的 PDF：数字签名有效，每页验证码真实",
        "Issued PDF: signature valid, the code of every page genuine",
    ),
    Check.APPROVALS: (
        "批准：签名真实，针对这份文件，每步人数足够",
        "Approvals: signed, over this very document, enough for each step",
    ),
    Check.SEALS: ("印章签名有效", "The seals' signatures are valid"),
    Check.PAGES: (
        "回收纸张的图像与扫描件正是日志所记",
        "Pictures and scans of the returned paper are those of the log",
    ),
    Check.HOLDERS: ("交接记录与日志所记相符", "Hand-overs of the paper are those of the log"),
}
_SAID: Final[Words] = {
    "genuine": ("✓ 真：证据包完整且真实", "✓ GENUINE: the evidence package is whole and genuine"),
    "not": ("✗ 不可信：证据包被改动或不是其签发单位所作", "✗ NOT GENUINE: changed, or not made by its issuer"),
    "unvouched": (
        "? 自相一致，无人担保：根密钥未经核对，此包自带根密钥，任何人都能做出这样的包",
        "? CONSISTENT, NOBODY VOUCHES FOR IT: the root was not checked: anybody can make such a package",
    ),
    "test": ("! 测试件，无效：用测试密钥制作", "! TEST, NOT VALID: made with keys that are for tests only"),
    "issuer": ("签发单位", "issuer"),
    "root": ("根密钥指纹", "root key"),
    "made": ("制作时间", "packed"),
    "record": ("档案记录", "Archive record"),
    "title": ("标题", "title"),
    "copy": ("第几份", "copy"),
    "copy-of": ("第 {} 份，共 {} 份，份编号 {}", "{} of {}, serial {}"),
    "state": ("制作时状态", "state then"),
    "issued": ("签发", "issued"),
    "printed": ("打印", "printed"),
    "archived": ("归档", "archived"),
    "signer": ("PDF 签名者", "file signer"),
    "seals": ("印章", "seals"),
    "decision": ("{time}  {name} {decision}（{step}；{kind}）", "{time}  {name} {decision} ({step}; {kind})"),
    "approved": ("同意", "approved"),
    "refused": ("不同意", "refused"),
    "forwarded": ("转交", "forwarded"),
    "attested": ("由系统见证", "attested by the server"),
    "passkey": ("由本人通行密钥签名", "signed with the person's own passkey"),
    "system": ("由已登记的业务系统签名", "signed by a registered system"),
    "custody": ("印章保管人确认", "the seal's custodian"),
    "approval": ("审批", "approval"),
    "quorum": ("各步骤人数", "persons"),
    "enough": ("{step}：{given}/{needed}", "{step}: {given} of {needed}"),
    "held": ("交接", "handed to"),
    "hand-over": ("{holder}，{at}（{means}{proof}）", "{holder}, {at} ({means}{proof})"),
    "us": ("交回签发单位", "back to the issuer"),
    "signature": ("{} 签收", "signed for by {}"),
    "courier": ("快递单号 {}", "courier number {}"),
    "hand-over-proof": ("，附签收凭证", ", proof enclosed"),
    "signed-for-with-others": (
        "签收凭证还涉及其他份，因此未装入",
        "the proof of a hand-over is about other copies too",
    ),
    "signed": ("手签", "signed by"),
    "signing": ("{names}，{at}，{place}{late}（{decision}）", "{names}, {at}, {place}{late} ({decision})"),
    "late": ("，事后补记", ", recorded late"),
    "signing-confirmed": ("第二人已确认", "confirmed by a second person"),
    "signing-refused": ("第二人不予确认", "refused by a second person"),
    "signing-": ("尚无第二人确认", "nobody has confirmed it"),
    "page": ("第 {} 页", "page {}"),
    "same": ("与签发页相同", "same as issued"),
    "changed": ("有改动", "changed"),
    "review": ("需人工复核", "for a person to judge"),
    "": ("未比对", "not compared"),
    "picture": ("有图像", "picture"),
    "no-picture": ("无图像", "no picture"),
    "scan": ("有原始扫描件", "untouched scan"),
    "no-scan": ("无原始扫描件", "no scan"),
    "log": ("审计日志", "audit log"),
    "entries": ("{} 条记录得到证明，日志共 {} 条", "{} entries proved, of {} in the log"),
    "witnessed": ("数据库外的见证文件已见到其中 {} 条", "{} of them seen by the witness outside the database"),
    "unwitnessed": ("未附见证文件", "no witness in the package"),
    "left-out": ("未装入", "left out"),
    "holds-pages-of-others": (
        "原始扫描文件含有他人的页面，因此只装入本份各页的图像",
        "scanned files hold other people's pages, so only the pictures of this copy's pages are here",
    ),
    "read-by-a-person-in-the-scan": (
        "有一页由人在扫描件中辨认，没有单独的图像",
        "a page that a person found in the scan has no picture of its own",
    ),
    "void": ("已作废", "void"),
    "replaced": ("已被替换", "replaced"),
    "missing": ("已遗失，作废", "missing, void"),
    "destroyed": ("已销毁，作废", "destroyed, void"),
    "outcome-unknown": ("打印结果待查", "outcome of printing unknown"),
    "limits": (
        "不能证明：纸上手写签名或盖章本身的真伪；本包制作之后该份是否作废（请扫描纸上的二维码）。\n"
        "页面比对结论由签发单位给出，请自行对照 pages/ 与 issued.pdf。",
        "Not proved: that a handwritten signature or stamp on the paper is genuine; whether the copy was voided since\n"
        "(scan the code on the paper). What is said of the pages is the issuer's: compare pages/ with issued.pdf.",
    ),
}


def say(verdict: PackageVerdict, path: Path, language: Language, *, vouched: bool) -> Iterator[str]:
    """Lines for the terminal; names in them are as the package has them.   vouched: for the root, by the caller."""
    at = 0 if language is Language.ZH else 1

    def word(name: str) -> str:
        return _SAID[name][at] if name in _SAID else name

    yield word(_verdict(verdict, vouched=vouched))
    yield f"  {path.name}"
    yield f"  {word('issuer'):<12}{verdict.issuer}"
    yield f"  {word('root'):<12}{verdict.root}"
    if verdict.made_at is not None:
        yield f"  {word('made'):<12}{_time(verdict.made_at)}"
    for finding in verdict.findings:
        which = f" · {finding.serial}" if finding.serial else ""
        yield f"{'✓' if finding.is_good else '✗'} {_CHECKS[finding.check][at]}{which}"
        if not finding.is_good:
            yield f"    {finding.problem}"
    for record in verdict.records:
        yield ""
        yield from _record(record, at)
    if verdict.records:
        yield ""
        yield word("limits")


def _verdict(verdict: PackageVerdict, *, vouched: bool) -> str:
    if not verdict.genuine:
        return "not"
    if verdict.test:
        return "test"
    return "genuine" if vouched else "unvouched"


def _record(record: RecordShown, at: int) -> Iterator[str]:
    def word(name: str) -> str:
        return _SAID[name][at] if name in _SAID else name

    yield f"{word('record')} {record.number}"
    yield f"  {word('title'):<12}{record.title}"
    yield f"  {word('copy'):<12}{word('copy-of').format(record.copy, record.copies, record.serial)}"
    yield f"  {word('state'):<12}{word(record.state)}"
    times = {"issued": record.issued_at, "printed": record.printed_at, "archived": record.archived_at}
    for name, moment in times.items():
        if moment is not None:
            yield f"  {word(name):<12}{_time(moment)}"
    yield f"  {word('signer'):<12}{record.signer}"
    yield f"  {word('seals'):<12}{'、'.join(record.seals)}"
    for one in record.decisions:
        yield "  " + word("decision").format(
            time=_time(one.decided_at),
            name=one.name or one.person_id,
            decision=word(one.decision),
            step=_step(one.step, at),
            kind=word(one.kind),
        )
    steps = (word("enough").format(step=_step(s.step, at), given=s.given, needed=s.needed) for s in record.steps)
    yield f"  {word('quorum'):<12}{'，'.join(steps) if at == 0 else ', '.join(steps)}"
    for one_holder in record.hand_overs:
        yield f"  {word('held'):<12}{_hand_over(one_holder, at)}"
    for signing in record.signings:
        yield f"  {word('signed'):<12}" + word("signing").format(
            names="、".join(signing.signers),
            at=signing.signed_at[:16].replace("T", " "),
            place=signing.place,
            late=word("late") if signing.late else "",
            decision=word(f"signing-{signing.decision}"),
        )
    for page in record.pages:
        files = (word("picture" if page.picture else "no-picture"), word("scan" if page.scan else "no-scan"))
        said = (word(page.verdict), *files)
        yield f"  {word('page').format(page.page):<12}{' · '.join(said)}"
    yield f"  {word('log'):<12}{word('entries').format(record.entries, record.log_size)}"
    witness = word("unwitnessed") if record.witnessed is None else word("witnessed").format(record.witnessed)
    yield f"  {'':<12}{witness}"
    for reason in record.left_out:
        yield f"  {word('left-out'):<12}{word(reason)}"


def _hand_over(one: HandOverShown, at: int) -> str:
    return _SAID["hand-over"][at].format(
        holder=one.holder or _SAID["us"][at],
        at=one.handed_at[:16].replace("T", " "),
        means=_SAID[one.means][at].format(one.courier_number or one.receiver),
        proof=_SAID["hand-over-proof"][at] if one.proof else "",
    )


def _step(step: str, at: int) -> str:
    if step.startswith(CUSTODY_PREFIX):
        return _SAID["custody"][at]
    return _SAID["approval"][at] if step == "approval" else step


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
