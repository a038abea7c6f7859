"""One application from the first click to the decision and the appointment, by two people at a browser.

What is not looked at on the way is done without one.
"""

from datetime import timedelta

from playwright.async_api import Browser, expect

from aktenlauf.cli.journey import ANSWERS, SERVICE
from aktenlauf.contracts.catalogue import catalogue
from aktenlauf.kit.clock import system_clock
from aktenlauf.kit.testing import files

from .others import by_visitors
from .person import Person, faults

LOOKED_AT = ("stay_passport", "means_livelihood")
STEPS = {step.key: step for step in catalogue().services[SERVICE].steps()}


async def begin(person: Person) -> str:
    """Find the service and begin a draft; its case."""
    await person.open("/?q=studium")
    await person.press(person.page.locator(f'a[href="/antrag/neu/{SERVICE}"]').first)
    await person.press(person.page.locator("main form button").first)
    return person.page.url.rsplit("/", 1)[-1]


async def answer_all(person: Person, case: str) -> None:
    """Answer every question, page by page."""
    await person.open(f"/antrag/{case}/{next(iter(STEPS))}")
    shown: set[str] = set()
    while (key := person.page.url.split("?")[0].rsplit("/", 1)[-1]) in STEPS:
        await person.fill(ANSWERS, STEPS[key].fields)
        if key in LOOKED_AT and key not in shown and person.scripted:
            await person.look(f"question-{key}")
        shown.add(key)
        await person.press(person.page.locator("#frage button.kern-btn--primary"))


async def declare_and_send(person: Person, case: str) -> None:
    """Tick what must be declared, and submit."""
    await person.open(f"/antrag/{case}/pruefen")
    for box in await person.page.locator("main input[type=checkbox]").all():
        await box.check(force=True)
    if person.scripted:
        await person.look("check")
    await person.press(person.page.locator("main button.kern-btn--primary"))
    await expect(person.page).to_have_url(f"{person.base_url}/antrag/{case}/eingang")


async def _evidence_with_a_refused_file(person: Person, case: str) -> None:
    await person.open(f"/nachweise/{case}")
    await person.look("evidence-empty")
    await person.attach("passport", "Pass.pdf", files.pdf(2), "application/pdf")
    await person.attach("enrolment", "Immatrikulation.jpg", files.jpeg(), "image/jpeg")
    photos = [{"name": f"{n}.jpg", "mimeType": "image/jpeg", "buffer": files.jpeg(seed=n)} for n in (1, 2)]
    await person.page.locator("#datei-residence_proof").set_input_files(photos)  # the box "together" is ticked
    await expect(person.page.locator("#d-residence_proof .al-file__name a")).to_have_count(1)
    await expect(person.page.locator("#lage-residence_proof")).to_contain_text("2 Seiten", timeout=20_000)
    field = person.page.locator("#datei-health_insurance")
    await field.set_input_files({"name": "leer.pdf", "mimeType": "application/pdf", "buffer": b""})
    await expect(person.page.locator("#d-health_insurance [role=alert]")).to_contain_text("leer.pdf ist leer")
    await expect(person.page.locator("#lage-passport")).to_contain_text("Vollständig", timeout=20_000)  # by itself
    await person.look("evidence")


async def first_click_to_decision(browser: Browser, url: str, *, look: bool = True) -> None:
    """The whole run at this address, in German on a desktop; raises AssertionError with all faults of its pages.

    `look`: also at what stands on them (pictures, axe, width).
    """
    applicant, caseworker = await Person.at(browser, url, look=look), await Person.at(browser, url, look=look)
    await applicant.sign_in("", "Pia Probe")
    case = await begin(applicant)
    await applicant.look("overview")
    await answer_all(applicant, case)
    await _evidence_with_a_refused_file(applicant, case)
    await declare_and_send(applicant, case)
    await applicant.look("receipt")
    journey = await by_visitors(url, case)
    await journey.in_worklist()
    await caseworker.sign_in("/amt", "Paula Prüf")
    await caseworker.look("worklist")
    await caseworker.open(f"/amt/{case}")
    await caseworker.press(caseworker.page.locator(f'form[action="/amt/{case}/uebernehmen"] button'))
    await caseworker.look("case")
    await journey.request_evidence(["health_insurance"])
    message = await journey.message("reichen")
    for path, name in ((f"/antrag/{case}", "status"), (message.path, "message"), (f"/nachweise/{case}", "supplement")):
        await applicant.open(path)
        await applicant.look(name)
    await journey.supplement("health_insurance", ("Krankenkasse.pdf", files.pdf(), "application/pdf"))
    await journey.supplement_arrived()
    await journey.accept_evidence()
    await _decide(caseworker, case)
    await journey.decide_proposal()
    await journey.notice_pdf()
    await journey.until(journey.applicant, f"/termin/{case}", lambda page: bool(page.tree.xpath("//*[@name='slot']")))
    await _book(applicant, case)
    for path in ("bescheide", "termine"):
        await caseworker.open(f"/amt/{case}/{path}")
        await caseworker.look(f"case-{path}")
    assert (found := faults(applicant, caseworker)) == "", found


async def _decide(caseworker: Person, case: str) -> None:
    until = system_clock().date() + timedelta(days=700)
    await caseworker.open(f"/amt/{case}/entscheidung")
    await caseworker.press(caseworker.page.locator("main button.kern-btn--primary"))
    await caseworker.look("decision-errors")
    await caseworker.page.locator('input[name="ergebnis"]').first.check(force=True)
    for part, value in zip("tmj", (until.day, until.month, until.year), strict=True):
        await caseworker.fill_control(f"gueltig-{part}", value)
    await caseworker.fill_control("gruende", "Die Voraussetzungen liegen vor.")
    await caseworker.press(caseworker.page.locator("main button.kern-btn--primary"))
    await caseworker.look("decision-preview")
    await caseworker.press(caseworker.page.locator("main button.kern-btn--primary"))


async def _book(applicant: Person, case: str) -> None:
    await applicant.open(f"/termin/{case}")
    await applicant.look("appointment")
    await applicant.page.locator("input[name=slot]").first.check(force=True)
    await applicant.press(applicant.page.locator("main button.kern-btn--primary"))
    await expect(applicant.page.locator("main")).to_contain_text("Ihr Termin")
    await applicant.look("appointment-booked")
    await applicant.open(f"/antrag/{case}")
    await applicant.look("status-decided")
