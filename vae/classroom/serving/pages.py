"""The HTML pages of a class that are not Streamlit's: for students, for the projector, for a code, for a check.

The student's page is the light page with the class around it (hosts/lab/student.js). It is the same for all classes of
one model: its script reads the code from its own address, and joins beside the first picture.
"""

from collections.abc import Callable
from functools import lru_cache

from starlette.requests import Request
from starlette.responses import Response

from vae.classroom.addresses import own_addresses
from vae.lab.answers import Data, Json
from vae.lab.page import BAR, lab_page, page_style, page_title, served_page, style_text
from vae.lab.routes import HTML, Body, Found, LabService, answered, body
from vae.server.wire import OriginPolicy, OriginRule, own_origin
from vae.views.shared.pages import View
from vae.views.shared.words import ENGLISH, known_language, preferred, translated

Hosts = Callable[[], list[str]]

STUDENT, ENTRY = "hosts/lab/student.js", "classroom/entry/entry.js"
PROJECTOR, CHECK = "classroom/projector/projector.js", "classroom/check/check.js"
PROJECTOR_STYLES = ("classroom/histogram.css", "classroom/shared-map.css", "classroom/projector/projector.css")
STUDENT_STYLES = (
    "lib/controls.css",
    "lib/drawing.css",
    "classroom/histogram.css",
    "classroom/shared-map.css",
    "lessons/player.css",
    "classroom/student/student.css",
    "lib/popover.css",
    "lib/glossary.css",
)
FRAME_STYLES = ("classroom/student/frame.css",)


class Pages:
    """Answers for these pages; which class there is, and whether, is for the caller to know."""

    def __init__(self, found: Found, data: Data, allows: OriginRule = own_origin, hosts: Hosts = own_addresses) -> None:
        """found, data, allows: as vae.lab.routes has them. hosts: the addresses at which phones reach it."""
        self._hosts = hosts
        self._lab = LabService(found, data, allows, student_page)
        self._origins = OriginPolicy(allows, "use the class's pages")

    async def student(self, request: Request, about: Json, shown: Json | None) -> Response:
        """The student's page, <base>/c/CODE. about, shown: the class's sections.

        Where the address says nothing, it begins with the class's model and language, and with the view that the class
        follows.
        """
        link = {"checkpoint": str(about["model"]), "lang": language_of(about)}
        if about["mode"] == "follow" and shown is not None:
            params = shown["params"]
            assert isinstance(params, dict)
            link |= {"page": str(shown["page"])} | {key: params[key] for key in ("checkpoint",) if key in params}
        return await self._lab.page(request, link)

    def entry(self, request: Request, sentence: str = "", status: int = 200) -> Response:
        """The page to type a code, <base>/c/, in the browser's language.

        sentence, status: why the student is not in the class asked for.
        """
        return self.send(request, entry_page(sentence, preferred_language(request)), status)

    def projector(self, request: Request, code: str, language: str = ENGLISH) -> Response:
        """The projector's page, <base>/c/CODE/projector. Its query may name the address for the phones: address=URL."""
        return self.send(request, projector_page(code, tuple(self._hosts()), language))

    def check(self, request: Request, code: str, language: str = ENGLISH) -> Response:
        """The room's check, <base>/c/CODE/check, for a phone."""
        return self.send(request, check_page(code, language))

    def send(self, request: Request, page: Body, status: int = 200) -> Response:
        """A page, to whom it may be sent."""
        return self._origins.refusal(request) or answered(request, page, self._origins, status)


def language_of(about: Json) -> str:
    """The language of a class, from its section."""
    return known_language(str(about.get("language", ENGLISH)))


def preferred_language(request: Request) -> str:
    """The language that the browser prefers of ours."""
    return preferred(request.headers.get("accept-language", ""))


def student_page(view: View, values: Json) -> str:
    """The student's page with its first view. values: as vae.lab.page.settings makes them."""
    styles = values["styles"]
    assert isinstance(styles, dict)
    values = values | {"styles": styles | {"class": style_text(STUDENT_STYLES)}}
    style = page_style() + style_text(FRAME_STYLES)
    return lab_page((STUDENT, view.script, BAR), style, values, page_title(view, values))


@lru_cache(maxsize=8)
def entry_page(sentence: str, language: str = ENGLISH) -> Body:
    """The page to type a code."""
    settings: Json = {"sentence": sentence}
    return class_page(ENTRY, ("classroom/entry/entry.css",), "Join a class", settings, language=language)


@lru_cache(maxsize=8)
def projector_page(code: str, addresses: tuple[str, ...], language: str = ENGLISH) -> Body:
    """The projector's page. addresses: of this computer, for a projector that was opened as localhost."""
    settings: Json = {"code": code, "addresses": list(addresses)}
    return class_page(PROJECTOR, PROJECTOR_STYLES, "Projector", settings, base="../../", language=language)


@lru_cache(maxsize=8)
def check_page(code: str, language: str = ENGLISH) -> Body:
    """The page on which a phone tries what gets through."""
    styles = ("classroom/check/check.css", "lib/popover.css", "lib/glossary.css")
    return class_page(CHECK, styles, "Check of the room", {"code": code}, base="../../", language=language)


def class_page(
    entry: str,
    styles: tuple[str, ...],
    title: str,
    settings: Json,
    *,
    base: str = "../",
    language: str = ENGLISH,
) -> Body:
    """Any other page of a class.

    entry: the name of its module, whose default export is called with a function that reads `settings`. styles: names
    of its style sheets; those of the light page's frame, with its colours, come before. base: the app's address as seen
    from the page: ../ for /c/CODE, ../../ for /c/CODE/projector. title: its key in the dictionary of the language.
    """
    title = translated(title, language)
    style = page_style() + style_text(styles)
    page = served_page((entry,), style, settings, f"{title} · Latent Lab", base=base, language=language)
    return body(HTML, page)
