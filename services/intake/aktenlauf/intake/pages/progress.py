"""How far a draft is: the list of sections beside every page of the form, and the task list of its overview."""

from datetime import date
from typing import Any

from aktenlauf.contracts.catalogue import Section
from aktenlauf.intake import drafts, forms, submission
from aktenlauf.intake.drafts import Draft
from aktenlauf.kit.views import Document
from aktenlauf.kit.web.i18n import translate

Entry = dict[str, Any]
STATES = {
    "done": ("success", "Erledigt"),
    "started": ("info", "In Arbeit"),
    "missing": ("danger", "Fehlt"),
}


def sections(draft: Draft, today: date, locale: str, current: str | None) -> list[Entry]:
    """The chapters as entries of `toc`: done, now, todo. `current`: the page that is shown."""
    return [_toc_entry(draft, section, states, locale, current) for section, states in _by_section(draft, today)]


def toc(draft: Draft, evidence: Document | None, today: date, locale: str, current: str | None) -> list[Entry]:
    """The whole way: chapters, evidence, checking. `current`: a page, or "pruefen"."""
    return [
        *sections(draft, today, locale, current),
        _evidence_entry(draft, evidence),
        {
            "label": translate("Prüfen und absenden"),
            "state": "now" if current == "pruefen" else "todo",
            "href": None if current == "pruefen" else f"/antrag/{draft.case}/pruefen",
        },
    ]


def tasks(draft: Draft, evidence: Document | None, today: date, locale: str) -> list[Entry]:
    """The same as entries of `task_list`."""
    entries = [_task(draft, section, states, locale) for section, states in _by_section(draft, today)]
    complete, needed = counted_evidence(draft, evidence)
    words = translate("{n} von {all} vollständig").format(n=complete, all=needed)
    entries.append(
        {
            "label": translate("Nachweise"),
            "href": f"/nachweise/{draft.case}",
            "kind": "success" if complete == needed else "info" if complete else "danger",
            "state": words,
        }
    )
    ready = not drafts.gaps(draft, today)
    check = {"label": translate("Prüfen und absenden"), "kind": "info", "state": translate("Jetzt möglich")}
    return [*entries, {**check, "href": f"/antrag/{draft.case}/pruefen"} if ready else {"label": check["label"]}]


def evidence_states(draft: Draft, evidence: Document | None) -> list[forms.EvidenceState]:
    """The demanded documents and how they stand."""
    have = submission.counted(submission.usable_documents(evidence))
    return forms.evidence_needed(draft.offer, draft.content.answers, have)


def counted_evidence(draft: Draft, evidence: Document | None) -> tuple[int, int]:
    """How many demanded documents are complete, and how many are needed."""
    needed = [s for s in evidence_states(draft, evidence) if s.state not in ("not_needed", "later")]
    return sum(s.state == "complete" for s in needed), len(needed)


def next_path(draft: Draft, evidence: Document | None, today: date, after: str | None = None) -> str:
    """Where to go on: the next open page, then the evidence, then checking."""
    states = [state for state in drafts.steps(draft, today) if not state.step.last]
    following = forms.next_step(states, after)
    if following is not None:
        return f"/antrag/{draft.case}/{following.step.key}"
    complete, needed = counted_evidence(draft, evidence)
    return f"/nachweise/{draft.case}" if complete < needed else f"/antrag/{draft.case}/pruefen"


def _by_section(draft: Draft, today: date) -> list[tuple[Section, list[forms.StepState]]]:
    found: dict[str, tuple[Section, list[forms.StepState]]] = {}
    for state in drafts.steps(draft, today):
        if not state.step.last:
            found.setdefault(state.section.key, (state.section, []))[1].append(state)
    return list(found.values())


def _toc_entry(
    draft: Draft, section: Section, states: list[forms.StepState], locale: str, current: str | None
) -> Entry:
    label = section.title.pick(locale)
    keys = [state.step.key for state in states]
    if current in keys:
        place = translate("Frage {n} von {all}").format(n=keys.index(current) + 1, all=len(keys))
        return {"label": label, "state": "now", "note": place}
    done = all(state.state == "done" for state in states)
    return {"label": label, "state": "done" if done else "todo", "href": _way_in(draft, states)}


def _task(draft: Draft, section: Section, states: list[forms.StepState], locale: str) -> Entry:
    kinds = {state.state for state in states}
    state = "done" if kinds == {"done"} else "missing" if kinds <= {"missing", "not_yet"} else "started"
    kind, words = STATES[state]
    href = _way_in(draft, states)
    return {"label": section.title.pick(locale), "href": href, "kind": kind, "state": translate(words)}


def _way_in(draft: Draft, states: list[forms.StepState]) -> str:
    first = forms.next_step(states) or states[0]
    return f"/antrag/{draft.case}/{first.step.key}"


def _evidence_entry(draft: Draft, evidence: Document | None) -> Entry:
    complete, needed = counted_evidence(draft, evidence)
    return {
        "label": translate("Nachweise"),
        "state": "done" if complete == needed else "part" if complete else "todo",
        "href": f"/nachweise/{draft.case}",
        "note": translate("{n} von {all} vollständig").format(n=complete, all=needed),
    }
