"""A person's use of a running server from the command line: the public API, nothing behind its back.

Server: `PRINTSERVER_URL`, else the `public_url` of this machine's settings. Token: `PRINTSERVER_TOKEN`, else the file
that `PRINTSERVER_TOKEN_FILE` names; never an argument, which everybody on the machine can read. What needs a step-up
asks for the code or the password at the terminal, or takes the answer of `printserver account step-up` from
`PRINTSERVER_STEP_UP`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, NoReturn

import typer

from printserver.foundation.errors import PrintServerError, Unauthenticated, Unavailable
from printserver.settings import Settings

if TYPE_CHECKING:
    import httpx

URL_VARIABLE: Final = "PRINTSERVER_URL"
TOKEN_VARIABLE: Final = "PRINTSERVER_TOKEN"  # noqa: S105 -- the name of a variable
TOKEN_FILE_VARIABLE: Final = "PRINTSERVER_TOKEN_FILE"  # noqa: S105
STEP_UP_VARIABLE: Final = "PRINTSERVER_STEP_UP"
STEP_UP_HEADER: Final = "X-Step-Up"
STEP_UP_NEEDED: Final = "step-up-needed"
SECONDS_OF_PATIENCE: Final = 90.0
MISSING_RIGHTS: Final = "your roles do not include: "
_LONGEST_QUOTE: Final = 200


class TokenMissing(Unauthenticated):
    code = "token-missing"


class ServerUnreachable(Unavailable):
    code = "server-unreachable"


class ServerRefused(PrintServerError):
    """The server's own problem; `code` is the problem's, `status` HTTP's.   needs: what a step-up shows, else empty."""

    def __init__(self, status: int, code: str, detail: str, needs: str = "") -> None:
        super().__init__(detail)
        self.status = status
        self.problem_code = code
        self.needs = needs


Ask = Callable[[str], str]
"""Asks the person at the terminal for what a step-up needs, without showing it."""


def ask_at_terminal(needs: str) -> str:
    said = "Your password, once more" if needs == "password" else "A code of your second factor"
    return str(typer.prompt(said, hide_input=True, err=True))


class ServerClient:
    """Each call is a connection of its own.   Every call raises: ServerRefused, ServerUnreachable.

    ask: once, when a call needs it that the person shows who they are again.   step_up: shown before, if anything.
    """

    def __init__(self, url: str, token: str, ask: Ask = ask_at_terminal, *, step_up: str = "") -> None:
        self._base = f"{url.rstrip('/')}/api/v1"
        self._authorisation = {"Authorization": f"Bearer {token}", **({STEP_UP_HEADER: step_up} if step_up else {})}
        self._ask = ask

    def get(self, path: str, **query: str) -> Any:
        return self._call("GET", path, params=query).json()

    def fetch(self, path: str, **query: str) -> bytes:
        """A file instead of JSON."""
        return self._call("GET", path, params=query).content

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        return self._call("POST", path, json=dict(body)).json()

    def put(self, path: str, body: Mapping[str, Any]) -> Any:
        return self._call("PUT", path, json=dict(body)).json()

    def delete(self, path: str) -> None:
        self._call("DELETE", path)

    def run(self, path: str, body: Mapping[str, Any] | None = None) -> None:
        """A change that answers nothing."""
        self._call("POST", path, json=dict(body or {}))

    def send(
        self,
        path: str,
        form: Mapping[str, str],
        files: Sequence[tuple[str, tuple[str, bytes | IO[bytes]]]],
        *,
        key: str,
    ) -> Any:
        """Files with a form.   key: that the same call sent twice acts once."""
        return self._call("POST", path, data=dict(form), files=list(files), headers={"Idempotency-Key": key}).json()

    def patch(self, path: str, body: Mapping[str, Any]) -> Any:
        return self._call("PATCH", path, json=dict(body)).json()

    def _call(self, method: str, path: str, **parts: Any) -> httpx.Response:
        try:
            return self._sent(method, path, **parts)
        except ServerRefused as problem:
            if problem.problem_code != STEP_UP_NEEDED or STEP_UP_HEADER in self._authorisation:
                raise
            shown = {"password" if problem.needs == "password" else "code": self._ask(problem.needs)}
        step_up = self._sent("POST", "/step-ups", json=shown).json()["step_up"]
        self._authorisation[STEP_UP_HEADER] = step_up
        return self._sent(method, path, **parts)

    def _sent(self, method: str, path: str, **parts: Any) -> httpx.Response:
        import httpx  # not for the processes that are started by the same command line

        address = self._base + path
        headers = {**self._authorisation, **parts.pop("headers", {})}
        try:
            answer = httpx.request(method, address, headers=headers, timeout=SECONDS_OF_PATIENCE, **parts)
        except httpx.HTTPError as error:
            raise ServerUnreachable(f"no answer from {address}: {error}") from None
        except httpx.InvalidURL as error:
            raise ServerUnreachable(f"{self._base} is no address of a server: {error}") from None
        if not answer.is_success:
            raise _refusal(answer)
        return answer


def token_from(environment: Mapping[str, str]) -> str:
    """Raises: TokenMissing."""
    token, file = environment.get(TOKEN_VARIABLE, ""), environment.get(TOKEN_FILE_VARIABLE, "")
    if not token and file:
        try:
            token = Path(file).read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise TokenMissing(f"the token cannot be read from {file}: {error}") from None
    if not token.strip().isascii() or not token.strip():
        raise TokenMissing(
            f"put a token of yours into {TOKEN_VARIABLE}, or into a file that {TOKEN_FILE_VARIABLE} names; "
            "the page “API tokens” makes one"
        )
    return token.strip()


@contextmanager
def server() -> Iterator[ServerClient]:
    """The server that the environment names, as the person whose token it holds; see `speaking`."""
    with speaking():
        url = os.environ.get(URL_VARIABLE) or Settings().public_url
        yield ServerClient(url, token_from(os.environ), step_up=os.environ.get(STEP_UP_VARIABLE, ""))


@contextmanager
def speaking() -> Iterator[None]:
    """What goes wrong inside is said in words, and ends the command with status 2."""
    try:
        yield
    except ServerRefused as problem:
        _end(f"{problem.problem_code}: {rights_in_words(str(problem))}")
    except PrintServerError as problem:
        _end(f"{problem.code}: {problem}")


def rights_in_words(detail: str) -> str:
    """What a server says of rights that are missing, with the words for them instead of their codes."""
    from printserver.web.sign_in_words import PERMISSIONS  # not for the processes of the same command line

    beginning, said, codes = detail.partition(MISSING_RIGHTS)
    if not said:
        return detail
    return beginning + said + " or ".join(f"“{PERMISSIONS.get(code, code)}”" for code in codes.split(" or "))


def _end(words: str) -> NoReturn:
    typer.echo(words, err=True)
    raise typer.Exit(2) from None


def _refusal(answer: httpx.Response) -> ServerRefused:
    try:
        problem = answer.json()
        code, detail, needs = str(problem["code"]), str(problem["detail"]), str(problem.get("needs", ""))
    except (ValueError, KeyError, TypeError):
        code, needs, detail = "unknown", "", f"HTTP status {answer.status_code}: {answer.text[:_LONGEST_QUOTE]}"
    return ServerRefused(answer.status_code, code, detail, needs)
