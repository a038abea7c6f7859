"""What a caseworker sees before sending is word for word what lies in the applicant's mailbox.

Review shows the letter, intake delivers it, and a service imports no other: so the sentences stand in both, and here
they are compared.
"""

from datetime import date

import pytest

from aktenlauf.contracts.intake import Message
from aktenlauf.intake import messages
from aktenlauf.review import letters

DAY = date(2026, 12, 7)


def _german(message: Message) -> tuple[str, str]:
    return message.subject, message.text


@pytest.mark.parametrize("kinds", [["health_insurance"], ["passport", "enrolment"], ["passport", "photo", "enrolment"]])
def test_a_request_is_delivered_as_it_was_shown(kinds: list[str]) -> None:
    shown = letters.request("Guten Tag,\n\nbitte schicken Sie uns noch:", kinds, DAY)
    sent = messages.evidence_request("Guten Tag,\n\nbitte schicken Sie uns noch:", kinds, DAY, "de")
    assert _german(shown) == _german(sent)


@pytest.mark.parametrize("deadline", [DAY, None])
def test_a_question_is_delivered_as_it_was_shown(deadline: date | None) -> None:
    assert _german(letters.question("Seit wann?", deadline)) == _german(messages.question("Seit wann?", deadline, "de"))
