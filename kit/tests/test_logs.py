"""A line of the log says what failed and why, and quotes nobody."""

from pymongo.errors import OperationFailure

from aktenlauf.kit.adapters.mongo import translated
from aktenlauf.kit.errors import Unavailable
from aktenlauf.kit.logs import describe


def test_why_a_database_refuses_is_told_by_its_number_and_not_by_its_words() -> None:
    try:
        with translated():
            raise OperationFailure("user linh may not", code=13)
    except Unavailable as error:
        said = describe(error)
    assert said.startswith("Unavailable by OperationFailure 13 at kit.adapters.mongo.translated:")
    assert "linh" not in said


def test_an_error_without_a_cause_is_told_as_before() -> None:
    assert describe(ValueError("linh")) == "ValueError at unknown place"
