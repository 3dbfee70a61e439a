"""What every page is made from: the language, who is looking, and the templates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Annotated, Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit
from zoneinfo import ZoneInfo

from babel.dates import format_date
from fastapi import Depends
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request

from printserver.foundation.errors import PrintServerError
from printserver.http_edge.edge import edge_of
from printserver.http_edge.problems import Problem, problem_of
from printserver.http_edge.work import Call
from printserver.organisations.access import Actor
from printserver.organisations.permissions import Permission
from printserver.organisations.secrets import Secrets
from printserver.settings import Settings
from printserver.signing.errors import KeyListRefused
from printserver.signing.signatories import office_covers
from printserver.web.assets import TEMPLATES, asset_url
from printserver.web.devices import device_in_words
from printserver.web.languages import COOKIE, PARAMETER, Language, parse_language, preferred, translations
from printserver.web.printer_words import reasons_in_words, state_in_words
from printserver.web.words import KINDS, LANGUAGE_NAMES, SIGNS, TONES, WORDS

_YEAR_SECONDS: Final = 31_536_000
_NOTICE: Final = "said"


@dataclass(frozen=True)
class View:
    """One request, as its page sees it."""

    request: Request
    language: Language

    @property
    def settings(self) -> Settings:
        return edge_of(self.request).adapters.settings

    @property
    def call(self) -> Call | None:
        """None where nobody was admitted: unknown addresses."""
        call: Call | None = getattr(self.request.state, "call", None)
        return call

    @property
    def actor(self) -> Actor | None:
        """Who is signed in, with the rights of the admission; None on public pages."""
        return self.call.caller.actor if self.call and self.call.caller else None

    @property
    def csrf_token(self) -> str:
        caller = self.call.caller if self.call else None
        return caller.person.csrf_token if caller and caller.person else ""

    @property
    def path(self) -> str:
        return self.request.url.path

    @property
    def is_test(self) -> bool:
        """Whether everything here is a test, as each page says; not known while the key list cannot be read."""
        try:
            return edge_of(self.request).adapters.is_test
        except KeyListRefused:
            return False

    @property
    def secrets(self) -> Secrets:
        return edge_of(self.request).adapters.secrets

    @property
    def is_passkey_site(self) -> bool:
        """Whether the browser came by the address for which it keeps passkeys."""
        site = self.settings.passkey_site
        return site is not None and self.request.headers.get("host") == urlsplit(site[1]).netloc

    @property
    def by_htmx(self) -> bool:
        return self.request.headers.get("hx-request") == "true"

    @property
    def notice(self) -> str:
        """A key of the words `notice`, or nothing."""
        said = self.request.query_params.get(_NOTICE, "")
        return said if said in WORDS["notice"] else ""

    def may(self, permission: str) -> bool:
        return self.actor is not None and self.actor.may(Permission(permission))

    def may_everywhere(self, permission: str) -> bool:
        """At the top of the organisation's tree, and so at every branch."""
        paths = () if self.actor is None else self.actor.paths(Permission(permission))
        return any(office_covers(path, "") for path in paths)

    def in_language(self, language: Language) -> str:
        """This very page in the other language."""
        kept = [pair for pair in parse_qsl(self.request.url.query) if pair[0] not in (PARAMETER, _NOTICE)]
        return f"{self.path}?{urlencode([*kept, (PARAMETER, language.value)])}"

    def page(self, template: str, /, *, status: int = 200, **values: Any) -> HTMLResponse:
        """A whole page."""
        html = _environment(self.language, self.settings.time_zone).get_template(template)
        response = HTMLResponse(html.render(view=self, **values), status)
        # Under "no-referrer" browsers send the origin "null" with a form, and the edge refuses it.
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["Vary"] = "Accept-Language, Cookie"
        chosen = parse_language(self.request.query_params.get(PARAMETER))
        if chosen is not None and self.actor is not None:
            secure = self.settings.public_url.startswith("https://")
            response.set_cookie(
                COOKIE, chosen.value, max_age=_YEAR_SECONDS, secure=secure, httponly=True, samesite="lax"
            )
        return response

    def go(self, path: str, notice: str = "") -> Response:
        """On to another page, after a change.   notice: a key of the words `notice`."""
        target = f"{path}{'&' if '?' in path else '?'}{_NOTICE}={notice}" if notice else path
        if self.by_htmx:
            return Response(status_code=204, headers={"HX-Redirect": target})
        return RedirectResponse(target, 303)


def view_of(request: Request) -> View:
    """Language: asked for in the address, else chosen before, else the browser's, else the installation's."""
    default = Language(edge_of(request).adapters.settings.language)
    chosen = parse_language(request.query_params.get(PARAMETER)) or parse_language(request.cookies.get(COOKIE))
    return View(request, chosen or preferred(request.headers.get("accept-language", ""), default))


CurrentView = Annotated[View, Depends(view_of)]


def own_path(text: str) -> str:
    """A path on this server that may be gone to after the sign-in, or the home page; never another site's address."""
    parts = urlsplit(text)
    inside = text.startswith("/") and not text.startswith("//") and "\\" not in text and text.isprintable()
    return text if inside and not parts.scheme and not parts.netloc else "/"


@cache
def _environment(language: Language, time_zone: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    words = translations(language)
    environment.install_gettext_translations(words, newstyle=True)  # type: ignore[attr-defined]  # by the extension
    environment.filters["word"] = _word(words.gettext)
    environment.filters["device"] = device_in_words
    environment.filters["word_of_other"] = _word(translations(language.other).gettext)
    environment.filters["tone"] = lambda value, kind: TONES[kind].get(str(value), "secondary")
    environment.filters["explained"] = lambda problem: explained(language, problem)
    environment.filters["moment"] = _moment(ZoneInfo(time_zone))
    environment.filters["moment_of_text"] = _moment_of_text(ZoneInfo(time_zone))
    environment.filters["day"] = _day(language, ZoneInfo(time_zone))
    environment.filters["mm"] = lambda micrometres: f"{micrometres / 1000:g}"
    environment.filters["state_said"] = lambda status: state_in_words(status.state, status.problem, words.gettext)
    environment.filters["reasons_said"] = lambda keywords: reasons_in_words(keywords, words.gettext)
    environment.globals.update(asset=asset_url, signs=SIGNS, language_names=LANGUAGE_NAMES)
    return environment


def _word(gettext: Callable[[str], str]) -> Callable[[object, str], str]:
    def word(value: object, kind: str) -> str:
        """A value that we have no words for is shown as it is."""
        message = WORDS[kind].get(str(value))
        return str(value) if message is None else gettext(message)

    return word


def explained(language: Language, problem: Problem | PrintServerError) -> str:
    """The problem's own words, which are English; in other languages the words of its code, with the page it names."""
    said = problem if isinstance(problem, Problem) else problem_of(problem)
    if language is Language.EN:
        return said.detail[:1].upper() + said.detail[1:]
    gettext = translations(language).gettext
    message = WORDS["problem"].get(said.code, WORDS["problem"][KINDS.get(said.status, "refused")])
    page = (said.facts or {}).get("page")
    return gettext(message) + (f"（{gettext('Page')} {page}）" if page else "")


def _moment(zone: ZoneInfo) -> Callable[[datetime], str]:
    return lambda at: at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


def _moment_of_text(zone: ZoneInfo) -> Callable[[str], str]:
    """What is no time is shown as it is."""

    def shown(text: str) -> str:
        try:
            return _moment(zone)(datetime.fromisoformat(text))
        except ValueError:
            return text

    return shown


def _day(language: Language, zone: ZoneInfo) -> Callable[[datetime], str]:
    return lambda at: format_date(at.astimezone(zone).date(), "long", locale="zh_CN" if language == "zh" else "en_GB")
