"""German words for what the office's pages show: states, verdicts, and a sentence for every event of the history.

Pure; names of colleagues come in from outside.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from aktenlauf.contracts.catalogue import catalogue
from aktenlauf.kit.web.i18n import date_num, datetime_num

Data = Mapping[str, Any]

STATES: Mapping[str, str] = {
    "open": "In Prüfung",
    "asked": "Wartet auf Antragsteller",
    "proposed": "Wartet auf Freigabe",
    "approved": "Bescheid wird erstellt",
    "issued": "Entschieden",
    "closed": "Geschlossen",
}
VERDICTS: Mapping[str, str] = {"accepted": "in Ordnung", "rejected": "abgelehnt", "not-needed": "nicht nötig"}
OUTCOMES: Mapping[str, str] = {
    "granted": "Antrag entsprochen",
    "partly": "teilweise entsprochen",
    "refused": "Ablehnung",
}
EFFECTS: Mapping[str, tuple[str, str]] = {
    "title_continues": ("ok", "Fortgeltung gesichert"),
    "stay_permitted": ("ok", "Aufenthalt gilt als erlaubt"),
    "removal_suspended": ("soon", "Abschiebung gilt als ausgesetzt"),
    "order_possible": ("soon", "Verspätet: Fortgeltung nur auf Anordnung"),
    "none": ("soon", "Keine Fiktionswirkung"),
    "unclear": ("soon", "Wirkung ist zu klären"),
}
"""§ 81 AufenthG: (level of the clock, words)."""
PURPOSES: Mapping[str, str] = {
    "biometrics": "Foto und Fingerabdrücke",
    "handover": "Abholung der Karte",
    "interview": "Gespräch",
}
REJECTIONS: Mapping[str, str] = {
    "unreadable": "lässt sich nicht öffnen",
    "password": "mit Passwort geschützt",
    "malware": "schädlicher Inhalt",
}
DIRECTIONS: Mapping[str, str] = {"to-office": "an das Fachverfahren", "to-portal": "an das Portal"}
_ABOUT: Mapping[str, str] = {
    "receipt": "Eingangsbestätigung",
    "question": "Frage",
    "evidence-request": "Nachforderung",
    "notice": "Bescheid",
    "appointment": "Termin",
    "status": "Stand",
    "closed": "Abschluss",
}
LOOKED_AT: Mapping[str, str] = {
    "case": "Vorgang",
    "document": "Seiten eines Dokuments",
    "original": "Original eines Dokuments",
    "history": "Verlauf",
    "messages": "Nachrichten",
    "appointment": "Termin",
}
ROLES: Mapping[str, str] = {
    "caseworker": "Sachbearbeitung",
    "approver": "Freigabe",
    "counter": "Schalter",
    "planner": "Terminplanung",
    "auditor": "Revision",
    "operator": "Betrieb",
}
_GIVEN_BACK: Mapping[str, str] = {
    "applicant": "von der antragstellenden Person",
    "office": "von der Behörde",
    "withdrawn": "weil der Antrag zurückgenommen wurde",
    "erased": "weil der Vorgang gelöscht wurde",
}
REASONS: Mapping[str, str] = {
    "retention": "Ende der Aufbewahrung",
    "request": "auf Antrag",
    "test": "Prüfbetrieb",
    "draft-deleted": "Entwurf verworfen",
    "draft-expired": "Entwurf abgelaufen",
}
MADE: Mapping[str, str] = {"receipt": "Eingangsbestätigung", "notice": "Bescheid", "message": "Nachricht (XML)"}


def evidence(kind: str) -> str:
    """Name of an evidence kind; of one that the catalogue no longer has, its key."""
    found = catalogue().evidence.get(kind)
    return found.label.de if found else MADE.get(kind, kind)


def listed(kinds: Sequence[str]) -> str:
    """Names of evidence kinds, in one line."""
    return ", ".join(evidence(kind) for kind in kinds)


def service(key: str) -> tuple[str, str]:
    """Title and first paragraph of a service; of one that the catalogue no longer has, its key."""
    found = catalogue().services.get(key)
    return (found.title.de, found.paragraphs[0].cite) if found else (key, "")


def who(actor: str | None, names: Mapping[str, str]) -> str:
    """Who did it: a colleague's name, the applicant, or the program."""
    match side(actor):
        case "system" | "person" as found:
            return PEOPLE[found]
        case _:
            return names.get(actor or "", "Sachbearbeitung")


def sentence(entry: Mapping[str, Any]) -> str:
    """One entry of the history in words. An event that this program does not know is named as such."""
    say = SENTENCES.get(entry["kind"])
    return say(entry["data"]) if say else f"Unbekanntes Ereignis ({entry['kind']})"


def _fixed(text: str) -> Callable[[Data], str]:
    return lambda data: text


def _slot(data: Data) -> str:
    return datetime_num(data["slot"]["start"])


def _opened(data: Data) -> str:
    return f"Vorgang {data['number']} angelegt. {EFFECTS[data['effect']][1]} (§ 81 AufenthG)"


def _deadline(data: Data) -> str:
    return f", Frist {date_num(data['deadline'])}" if data.get("deadline") else ""


def _issued(data: Data) -> str:
    day = data.get("counts_as_announced_on")
    return "Bescheid bereitgestellt" + (f", gilt am {date_num(day)} als bekannt gegeben" if day else "")


def _documents(data: Data) -> str:
    return listed([document["kind"] for document in data.get("documents", [])])


def _answered(data: Data) -> str:
    return "Frage beantwortet" if data.get("question") else "Nachricht geschrieben"


def _proposed(data: Data) -> str:
    until = f", gültig bis {date_num(data['valid_until'])}" if data.get("valid_until") else ""
    return f"Entscheidung vorgeschlagen: {OUTCOMES[data['outcome']]}{until}"


SENTENCES: Mapping[str, Callable[[Data], str]] = {
    "application-submitted": lambda data: f"Antrag {data['number']} eingegangen",
    "receipt-issued": _fixed("Eingangsbestätigung erstellt"),
    "supplement-filed": lambda data: f"Nachgereicht: {_documents(data)}",
    "question-answered": _answered,
    "application-withdrawn": _fixed("Antrag zurückgenommen"),
    "message-delivered": lambda data: f"Ins Postfach gelegt: {_ABOUT[data['about']]}",
    "message-read": _fixed("Nachricht im Postfach geöffnet"),
    "notification-sent": lambda data: (
        "Auf Neues im Postfach hingewiesen" if data["channel"] == "mail" else "Kein Hinweis versandt: keine Adresse"
    ),
    "document-uploaded": lambda data: f"Datei hochgeladen: {evidence(data['evidence'])}",
    "document-scanned": lambda data: (
        "Datei auf Schadsoftware geprüft: ohne Befund" if data["clean"] else "Schadsoftware in einer Datei gefunden"
    ),
    "document-checked": lambda data: f"Seitenbilder erstellt, Seiten: {data['pages']}",
    "document-rejected": lambda data: f"Datei nicht verwendbar: {REJECTIONS[data['reason']]}",
    "document-deleted": _fixed("Datei vor dem Absenden entfernt"),
    "case-opened": _opened,
    "case-assigned": _fixed("Vorgang übernommen"),
    "evidence-reviewed": lambda data: f"Prüfergebnis: {evidence(data['evidence'])} {VERDICTS[data['verdict']]}",
    "evidence-requested": lambda data: f"Nachforderung: {listed(data['evidence'])}{_deadline(data)}",
    "question-asked": lambda data: f"Frage gestellt{_deadline(data)}",
    "supplement-received": lambda data: f"Zur Prüfung übernommen: {_documents(data)}",
    "answer-received": lambda data: (
        "Antwort zum Vorgang genommen" if data.get("question") else "Nachricht zum Vorgang genommen"
    ),
    "decision-proposed": _proposed,
    "decision-returned": _fixed("Vorschlag zurückgegeben"),
    "decision-approved": _fixed("Entscheidung freigegeben"),
    "decision-issued": _issued,
    "appointment-required": lambda data: f"Termin nötig: {PURPOSES[data['purpose']]}",
    "case-closed": lambda data: (
        "Vorgang geschlossen: entschieden" if data["reason"] == "decided" else "Vorgang geschlossen: zurückgenommen"
    ),
    "appointment-offered": lambda data: f"Termin angeboten, Auswahl bis {datetime_num(data['until'])}",
    "slot-chosen": lambda data: f"Termin gewählt: {_slot(data)}",
    "choice-lost": lambda data: f"Gewählter Termin war schon vergeben: {_slot(data)}",
    "appointment-booked": lambda data: f"Termin gebucht: {_slot(data)}",
    "appointment-moved": lambda data: f"Termin verschoben auf {_slot(data)}",
    "appointment-cancelled": lambda data: f"Termin abgesagt, {_GIVEN_BACK[data['reason']]}",
    "offer-expired": _fixed("Frist für die Terminwahl abgelaufen"),
    "attendance-recorded": lambda data: "Zum Termin erschienen" if data["came"] else "Zum Termin nicht erschienen",
    "message-prepared": lambda data: f"XAusländer-Nachricht {data['type']} erstellt, {DIRECTIONS[data['direction']]}",
    "message-sent": _fixed("XAusländer-Nachricht übergeben"),
    "message-refused": _fixed("XAusländer-Nachricht nicht angenommen"),
    "message-received": lambda data: f"XAusländer-Nachricht {data['type']} aus dem Fachverfahren",
    "erasure-ordered": lambda data: f"Löschung angeordnet: {REASONS[data['reason']]}",
    "keys-destroyed": _fixed("Schlüssel der persönlichen Daten vernichtet"),
    "personal-data-erased": _fixed("Persönliche Daten gelöscht"),
    "draft-discarded": _fixed("Entwurf verworfen"),
}
"""By event name, as in its type."""

TECHNICAL = frozenset({"document-scanned", "document-checked", "notification-sent", "message-delivered", "message-sent",
                       "receipt-issued", "answer-received", "supplement-received"})  # fmt: skip
"""Left out of the short list beside the checklist."""
MARKED = frozenset({"application-submitted", "evidence-requested", "supplement-filed", "question-answered",
                    "decision-proposed", "decision-issued", "application-withdrawn", "case-closed"})  # fmt: skip
"""Milestones: marked in lists."""
AREAS: Mapping[str, tuple[str, frozenset[str]]] = {
    "antrag": ("Antrag", frozenset({"application-submitted", "receipt-issued", "application-withdrawn", "case-opened",
                                    "case-assigned", "case-closed"})),
    "nachweise": ("Nachweise", frozenset({"document-uploaded", "document-scanned", "document-checked",
                                          "document-rejected", "document-deleted", "supplement-filed",
                                          "supplement-received", "evidence-reviewed", "evidence-requested"})),
    "nachrichten": ("Nachrichten", frozenset({"question-asked", "question-answered", "answer-received",
                                              "message-delivered", "message-read", "notification-sent"})),
    "entscheidung": ("Entscheidung", frozenset({"decision-proposed", "decision-returned", "decision-approved",
                                                "decision-issued"})),
    "termine": ("Termine", frozenset({"appointment-required", "appointment-offered", "slot-chosen", "choice-lost",
                                      "appointment-booked", "appointment-moved", "appointment-cancelled",
                                      "offer-expired", "attendance-recorded"})),
    "austausch": ("Fachverfahren", frozenset({"message-prepared", "message-sent", "message-refused",
                                              "message-received"})),
    "loeschung": ("Löschung", frozenset({"erasure-ordered", "keys-destroyed", "personal-data-erased",
                                       "draft-discarded"})),
}  # fmt: skip
"""Parts of the history, each event in one, by the word in the address."""
PEOPLE: Mapping[str, str] = {"person": "Antragsteller/in", "amt": "Behörde", "system": "System"}
"""Who acts, by the word in the address."""
_SERVICES: Mapping[str, str] = {
    "intake": "Antrag",
    "documents": "Unterlagen",
    "review": "Prüfung",
    "scheduling": "Termine",
    "xoev-gateway": "Austausch",
}


def side(actor: str | None) -> str:
    """Which of PEOPLE an actor belongs to."""
    if actor is None or actor.startswith("system:"):
        return "system"
    return "person" if actor.startswith("party-") else "amt"


def part(service: str) -> str:
    """The part of the system in which something happened."""
    return _SERVICES.get(service, service)
