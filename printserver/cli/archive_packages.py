"""Commands of the archive: evidence packages, export and import of whole archives.

They go by the API, with a person's own token: what that person may read is exported, and recorded.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Annotated, Any, Final
from uuid import UUID

import typer

from printserver.archive.evidence_format import folder_of
from printserver.cli.client import ServerClient, ServerRefused, server

COLUMNS: Final = ("number", "serial", "title", "own_reference", "created_at", "id", "file", "problem")
AT_ONCE: Final = 200
Folder = Annotated[Path, typer.Argument(help="A folder.", file_okay=False, show_default=False)]
Whole = Annotated[
    bool,
    typer.Option("--whole-scans", help="Also scanned files that hold other people's pages, where you may read them."),
]


def evidence(
    record: Annotated[UUID, typer.Argument(help="An archive record, as its page's address names it.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE.zip")],
    *,
    whole_scans: Whole = False,
) -> None:
    """Fetch the evidence package of one record; `printserver verify` checks it without a server."""
    with server() as client:
        data = client.fetch(f"/archive/{record}/evidence.zip", whole_scans=str(whole_scans).lower())
    _write(out, data)
    typer.echo(str(out))


def export(
    folder: Folder,
    *,
    words: Annotated[str, typer.Option(help="As the archive's search takes them; without any, everything.")] = "",
    catalogue: Annotated[str, typer.Option(help="Of a year, or year/class; all when not given.")] = "",
    branch: Annotated[UUID | None, typer.Option(help="Of this branch alone.")] = None,
    year: Annotated[int | None, typer.Option(min=2000, max=9998, help="Archived in this year (UTC).")] = None,
    whole_scans: Whole = False,
) -> None:
    """Write an evidence package of every record that is found, with an index; what lies there already is kept."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    with server() as client:
        for record in _found(client, words, catalogue, branch, year):
            lines.append(_exported(client, record, folder, whole_scans=whole_scans))
            typer.echo(f"{record['number']}  {lines[-1]['file'] or lines[-1]['problem']}")
    _write_index(folder, lines)
    failed = sum(bool(line["problem"]) for line in lines)
    typer.echo(f"{len(lines) - failed} of {len(lines)} records, index.csv, index.json in {folder}")
    if failed:
        raise typer.Exit(1)


def take_in(
    package: Annotated[Path, typer.Argument(help="A package, or a folder of packages.", exists=True)],
    *,
    source: Annotated[UUID, typer.Option(help="The pinned installation, as `archive sources` shows it.")],
    branch: Annotated[UUID, typer.Option(help="Whose people shall read the records.")],
) -> None:
    """Take packages in; what does not prove itself under the pinned root is refused and named."""
    taken = known = refused = 0
    with server() as client:
        for path in sorted(package.glob("*.zip")) if package.is_dir() else [package]:
            try:
                answer = _taken_in(client, path, source, branch)
            except ServerRefused as problem:
                refused += 1
                typer.echo(f"{path.name}  {problem.problem_code}: {problem}", err=True)
                continue
            known, taken = known + bool(answer["known"]), taken + (not answer["known"])
            typer.echo(f"{path.name}  {answer['number']}  {'known already' if answer['known'] else 'taken in'}")
    typer.echo(f"{taken} taken in, {known} known already, {refused} refused")
    if refused:
        raise typer.Exit(1)


def sources() -> None:
    """Installations whose root is pinned."""
    with server() as client:
        for each in client.get("/archive-sources"):
            typer.echo(f"{each['id']}  {each['root_fingerprint']}  {each['name']}")


def pin(
    name: Annotated[str, typer.Argument(help="Of the other installation.")],
    fingerprint: Annotated[str, typer.Argument(help="Of its root: 64 hexadecimal digits.")],
    *,
    note: Annotated[str, typer.Option(help="With what you compared the fingerprint.")],
) -> None:
    """Believe another installation's root, to take its records in."""
    with server() as client:
        made = client.post("/archive-sources", {"name": name, "root_fingerprint": fingerprint, "note": note})
        typer.echo(str(made["id"]))


COMMANDS: Final[Mapping[str, Callable[..., None]]] = {
    "evidence": evidence,
    "export": export,
    "import": take_in,
    "sources": sources,
    "pin": pin,
}


def _found(
    client: ServerClient, words: str, catalogue: str, branch: UUID | None, year: int | None
) -> Iterator[Mapping[str, Any]]:
    asked = {name: said for name, said in (("words", words), ("catalogue", catalogue)) if said}
    asked |= {"limit": str(AT_ONCE), **({} if branch is None else {"branch": str(branch)})}
    if year is not None:
        first, next_ = (datetime(each, 1, 1, tzinfo=UTC).isoformat() for each in (year, year + 1))
        asked |= {"since": first, "until": next_}
    before: dict[str, str] = {}
    while True:
        page = client.get("/archive", **asked, **before)
        yield from page["items"]
        if not page["next"]:
            return
        before = {"before": page["next"]}


def _exported(client: ServerClient, record: Mapping[str, Any], folder: Path, *, whole_scans: bool) -> dict[str, str]:
    """Its line in the index."""
    name = f"{folder_of(record['serial'])}.zip"
    line = {column: str(record.get(column, "")) for column in COLUMNS} | {"file": name, "problem": ""}
    if (folder / name).is_file():
        return line
    try:
        data = client.fetch(f"/archive/{record['id']}/evidence.zip", whole_scans=str(whole_scans).lower())
    except ServerRefused as problem:
        return {**line, "file": "", "problem": problem.problem_code}
    _write(folder / name, data)
    return line


def _taken_in(client: ServerClient, path: Path, source: UUID, branch: UUID) -> Mapping[str, Any]:
    """Read from the disk as it is sent."""
    with path.open("rb") as file:
        content = file_digest(file, "sha256").digest()
        key = sha256(source.bytes + branch.bytes + content).hexdigest()[:40]
        file.seek(0)
        answer: Mapping[str, Any] = client.send(
            f"/archive-sources/{source}/records",
            {"branch_id": str(branch)},
            [("package", (path.name, file))],
            key=key,
        )
        return answer


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all."""
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(data)
    part.replace(path)


def _write_index(folder: Path, lines: Sequence[Mapping[str, str]]) -> None:
    (folder / "index.json").write_text(json.dumps(list(lines), ensure_ascii=False, indent=1), "utf-8")
    with (folder / "index.csv").open("w", encoding="utf-8-sig", newline="") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        for line in lines:
            table.writerow([_cell(line[column]) for column in COLUMNS])


def _cell(text: str) -> str:
    """No formula for a spreadsheet program."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
