"""Who may not, gets nothing: every route of all apps x everybody who is not entitled, each beside who is.

The strangers come first, on cases that lie complete; then the entitled, in the order of the table, so that each finds
the state that their step needs.
"""

from collections.abc import AsyncIterator, Iterator
from html import unescape
from typing import Any

import httpx
import lxml.html
import pytest
import pytest_asyncio
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from aktenlauf.cli.installation import definitions
from aktenlauf.documents.views import files as files_view
from aktenlauf.kit.keyring import party_of
from aktenlauf.kit.scope import Office, Party, Scope, System
from aktenlauf.kit.testing import files
from aktenlauf.kit.views import PAGE_MAX, Document, Query, View

from . import browsers
from .browsers import Browser
from .marked_cases import MARKS, OFFICE, OTHER_OFFICE, Cases, marked_cases
from .route_table import NOT_OF_A_SERVICE, OPEN, OWN_SESSION, TABLE, Route

pytestmark = [pytest.mark.long, pytest.mark.asyncio(loop_scope="module")]

STRANGERS = {
    "public": ("other applicant", "no role", "wrong role", "other side", "swapped cookie", "nobody"),
    "office": ("other office", "no office", "no role", "other side", "swapped cookie", "nobody"),
}
NOT_SIGNED_IN = {"other side", "swapped cookie", "nobody"}
KINDS = {"pdf": "application/pdf", "jpeg": "image/jpeg"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cases(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cases]:
    async with marked_cases(tmp_path_factory.mktemp("isolation") / "var") as made:
        yield made


def _cells() -> Iterator[Any]:
    for name, route in TABLE.items():
        for stranger in STRANGERS[route.side]:
            yield pytest.param(name, stranger, id=f"{name} {stranger}")


def _wrong_roles() -> Iterator[Any]:
    for name, route in TABLE.items():
        for role in ("auditor", "approver", "caseworker", "counter", "planner", "operator"):
            if route.side == "office" and role not in route.roles:
                yield pytest.param(name, role, id=f"{name} {role}")


async def test_every_route_is_in_the_table_or_open_for_a_reason(cases: Cases) -> None:
    services = cases.here.installation.services
    known = TABLE.keys() | OPEN.keys() | OWN_SESSION.keys()
    found: set[str] = set()
    for name, app in cases.here.installation.app.apps.items():
        if name in services:
            found |= {f"{method} {path}" for method, path in _routes(app) if path != app.openapi_url}
        else:
            paths = {path for _, path in _routes(app)} if isinstance(app, FastAPI) else {r.path for r in app.routes}
            assert paths - NOT_OF_A_SERVICE.keys() == set(), name
    assert found - known == set(), "say in route_table.py for whom these are"
    assert known - found == set(), "these are no routes any more"


@pytest.mark.parametrize(("name", "stranger"), list(_cells()))
async def test_a_stranger_gets_nothing(cases: Cases, name: str, stranger: str) -> None:
    route = TABLE[name]
    answer = await _ask(cases, name, route, cases.strangers[route.side][stranger])
    if stranger in NOT_SIGNED_IN:
        _is_sent_to_sign_in(answer, route)
    elif stranger == "no role" or stranger == "wrong role":
        assert answer.status_code == 403
    elif route.shared:
        assert answer.status_code in (200, 303, 404)
        assert not [ids["case"] for ids in cases.ids.values() if _mine(cases, ids) and ids["case"] in _all(answer)]
    else:
        assert answer.status_code == 404
    _has_no_data(cases, answer)


@pytest.mark.parametrize(("name", "role"), list(_wrong_roles()))
async def test_a_wrong_role_of_the_right_office_gets_nothing(cases: Cases, name: str, role: str) -> None:
    answer = await _ask(cases, name, TABLE[name], cases.office[role])
    assert answer.status_code == 403
    _has_no_marks(answer)


@pytest.mark.parametrize("name", OPEN)
async def test_what_is_open_to_all_shows_nothing_of_a_case(cases: Cases, name: str) -> None:
    for browser in (cases.owner, cases.worker, *cases.strangers["public"].values()):
        answer = await browser.get(name.partition(" ")[2].format(**await cases.filling("open")))
        assert answer.status_code < 500
        _has_no_data(cases, answer)


@pytest.mark.parametrize("name", [name for name in {**TABLE, **OWN_SESSION} if name.startswith("POST ")])
@pytest.mark.parametrize("token", ["", "of another session"])
async def test_nothing_changes_without_the_token_of_the_own_session(cases: Cases, name: str, token: str) -> None:
    route = TABLE.get(name) or Route("office" if "/amt/" in name else "public")
    browser = cases.owner if route.side == "public" else cases.office[sorted(route.roles)[0]]
    other = cases.strangers["public"]["other applicant"].csrf
    answer = await _ask(cases, name, route, browser, token=other if token else "")
    assert answer.status_code == 403
    _has_no_marks(answer)


@pytest.mark.parametrize("name", TABLE)
async def test_the_entitled_get_what_they_came_for(cases: Cases, name: str) -> None:
    route = TABLE[name]
    if route.before:
        await route.before(cases)
    is_change = name.startswith("POST ")
    roles = sorted(route.roles)[:1] if is_change else sorted(route.roles)
    people = [(role, cases.office[role]) for role in roles] if route.side == "office" else [("", cases.owner)]
    await cases.here.settled()
    for role, browser in people:
        answer = await _ask(cases, name, route, browser)
        assert answer.status_code == route.status, f"{role}: {answer.text[:3000]}"
        _shows(cases, answer, route, role in route.unnamed)
        _shows_no_markup_of_others(answer)


async def test_who_signs_out_everywhere_signs_out_nobody_else(cases: Cases) -> None:
    linh = await browsers.demo_user(cases.here, "public", "linh")
    assert (await linh.post("/konto/ueberall-abmelden", {})).status_code == 303
    assert (await linh.get("/antrag")).status_code == 303
    assert (await cases.owner.get("/antrag")).status_code == 200
    assert (await cases.worker.get("/amt")).status_code == 200


async def test_what_is_not_handed_in_is_still_the_applicants_alone(cases: Cases) -> None:
    case = cases.ids["proposed"]["case"]
    kept = {"file": ("Entwurf.pdf", files.pdf(1, "Entwurf"), "application/pdf")}
    assert (await cases.owner.post(f"/nachweise/{case}", {"hochladen": "passport"}, kept)).status_code == 303
    await cases.here.settled()
    doc = await cases.here["documents"].get(files_view, System("test"), case)
    (unsent,) = [key for key, one in doc["documents"].items() if not one.get("filed")]
    assert (await cases.owner.get(f"/nachweise/{case}/{unsent}")).status_code == 200
    for path in (f"/amt/nachweise/{case}/{unsent}", f"/amt/nachweise/{case}/{unsent}/seite/1"):
        assert (await cases.worker.get(path)).status_code == 404
    assert unsent not in (await cases.worker.get(f"/api/documents/v1/office/cases/{case}/documents")).text
    looks = await cases.here["documents"].ports.log.read(f"documents/access/{case}")
    assert [look for look in looks if unsent.encode() in look.record] == []


# --- one's own address, somebody else's id --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/nachweise/{own}/{document}",
        "/postfach/{own}/{message}",
        "/api/documents/v1/cases/{case}/documents",
    ],
)
async def test_an_applicant_reaches_nothing_through_their_own_case(cases: Cases, path: str) -> None:
    mateo = cases.strangers["public"]["other applicant"]
    answer = await mateo.get(path.format(own=cases.ids["other"]["case"], **cases.ids["open"]))
    assert answer.status_code == 404
    _has_no_data(cases, answer)


async def test_ids_of_one_case_mean_nothing_in_another_of_the_same_person(cases: Cases) -> None:
    mine, other = cases.ids["issued"]["case"], cases.ids["open"]
    for path in (f"/nachweise/{mine}/{other['document']}", f"/postfach/{mine}/{other['message']}"):
        assert (await cases.owner.get(path)).status_code == 404
    for path in (f"/amt/nachweise/{mine}/{other['document']}", f"/amt/nachweise/{mine}/{other['document']}/seite/1"):
        assert (await cases.worker.get(path)).status_code == 404
    removal = await cases.owner.post(f"/nachweise/{mine}", {"entfernen": other["document"]}, files=_NO_FILE)
    assert removal.status_code == 404


async def test_staff_of_an_office_reach_nothing_through_a_case_of_their_own(cases: Cases) -> None:
    stranger, theirs = cases.strangers["office"]["other office"], cases.ids["other"]
    assert (await stranger.get(f"/amt/{theirs['case']}")).status_code == 200
    assert (await stranger.get(f"/amt/nachweise/{theirs['case']}/{theirs['document']}")).status_code == 200
    answer = await stranger.get(f"/amt/nachweise/{theirs['case']}/{cases.ids['open']['document']}")
    assert answer.status_code == 404


_NO_FILE = {"file": ("", b"", "application/octet-stream")}

# --- views ------------------------------------------------------------------------------------------------------------

VIEWS = [(one.name, view) for one in definitions() for view in one.views]


@pytest.mark.parametrize(("service", "view"), VIEWS, ids=[f"{service} {view.name}" for service, view in VIEWS])
async def test_a_view_answers_within_its_scope_alone(cases: Cases, service: str, view: View) -> None:
    owner = await party_of(cases.here[service].ports.keyring, (await _person(cases, cases.owner)).subject)
    everything = await _all_of(cases, service, view, System("test"))
    for scope, owners in (
        (Office(OFFICE), "offices"),
        (Office(OTHER_OFFICE), "offices"),
        (Office(""), "offices"),
        (Party(owner), "parties"),
        (Party("somebody"), "parties"),
        (Party(""), "parties"),
    ):
        name = scope.key if isinstance(scope, Office) else scope.id
        entitled = {key for key, doc in everything.items() if name in doc.get(owners, ())}
        assert set(await _all_of(cases, service, view, scope)) == entitled
        reached = {key for key in everything if await cases.here[service].find(view, scope, key)}
        assert reached == entitled
        counted = await cases.here[service].ports.views.count(view, scope, Query())
        assert counted == len(entitled)


async def _all_of(cases: Cases, service: str, view: View, scope: Scope) -> dict[str, Document]:
    page = await cases.here[service].page(view, scope, Query(limit=PAGE_MAX))
    return dict(zip(page.keys, page.documents, strict=True))


async def _person(cases: Cases, browser: Browser) -> Any:
    shell = cases.here.installation.shell
    session = await shell.sessions.load("public", browser.client.cookies["al_buerger"].partition(".")[0], shell.clock())
    assert session is not None
    return session.person


# --- asking and looking -----------------------------------------------------------------------------------------------


def _routes(app: FastAPI) -> Iterator[tuple[str, str]]:
    for route in iter_route_contexts(app.routes):
        for method in sorted(set(route.methods or {"*"}) - {"HEAD"}):
            yield method, route.path


async def _ask(cases: Cases, name: str, route: Route, browser: Browser, token: str | None = None) -> httpx.Response:
    method, _, template = name.partition(" ")
    path = f"{template}{route.query}".format(**await cases.filling(route.case))
    if method == "GET":
        return await browser.get(path)
    fields = await route.fields(cases) if route.fields else {}
    return await browser.post(path, fields, files=route.files, token=token)


def _is_sent_to_sign_in(answer: httpx.Response, route: Route) -> None:
    if answer.request.url.path.startswith("/api/"):
        assert answer.status_code == 401
    else:
        assert answer.status_code == 303
        prefix = "/amt" if route.side == "office" else ""
        assert answer.headers["location"].startswith(f"{prefix}/anmelden?zurueck=/")


def _has_no_data(cases: Cases, answer: httpx.Response) -> None:
    _has_no_marks(answer)
    assert [number for number in cases.numbers if number in _all(answer)] == []
    assert answer.headers.get("content-type", "").partition(";")[0] not in KINDS.values()


def _has_no_marks(answer: httpx.Response) -> None:
    assert [mark for mark in MARKS.values() if mark in _all(answer)] == []


def _shows(cases: Cases, answer: httpx.Response, route: Route, unnamed: bool) -> None:
    if unnamed:
        _has_no_marks(answer)
    elif route.shows in KINDS:
        assert answer.headers["content-type"] == KINDS[route.shows]
    elif route.shows == "number":
        assert any(number in _all(answer) for number in _numbers(cases, route))
    elif route.shows in ("case", "document", "place"):
        ids = cases.ids[route.case or "issued"]
        assert {**ids, "place": "messplatz"}[route.shows] in _all(answer).casefold()
    elif route.shows:
        assert MARKS[route.shows] in _all(answer)


def _numbers(cases: Cases, route: Route) -> list[str]:
    return [cases.ids[route.case]["case_number"]] if route.case else cases.numbers


def _shows_no_markup_of_others(answer: httpx.Response) -> None:
    """What people wrote stands there as they wrote it, never as elements of the page."""
    if answer.headers.get("content-type", "").startswith("text/html") and answer.content:
        assert lxml.html.document_fromstring(answer.content).xpath("//*[@data-xss]") == []


def _mine(cases: Cases, ids: dict[str, str]) -> bool:
    return ids is not cases.ids["other"]


def _all(answer: httpx.Response) -> str:
    """Body and the headers that an answer could betray something by."""
    headers = " ".join(answer.headers.get(name, "") for name in ("location", "content-disposition", "set-cookie"))
    return f"{unescape(answer.text)} {headers}"
