"""Case numbers: unambiguous, unpredictable without the secret, and their check character finds slips."""

from itertools import islice

from aktenlauf.intake.case_number import ALPHABET, candidates, is_case_number

SECRET = b"s" * 32


def number(case: str, secret: bytes = SECRET) -> str:
    return next(candidates(secret, case))


def test_ten_thousand_cases_have_ten_thousand_valid_numbers():
    numbers = {number(f"case-{n}") for n in range(10_000)}
    assert len(numbers) == 10_000
    assert all(is_case_number(n) for n in numbers)


def test_a_number_is_written_in_letters_that_nobody_confuses():
    assert set("01OILU").isdisjoint(ALPHABET)
    for case in range(200):
        prefix, first, second, check = number(str(case)).split("-")
        assert prefix == "AL"
        assert (len(first), len(second), len(check)) == (4, 4, 1)
        assert set(first + second + check) <= set(ALPHABET)


def test_every_single_wrong_character_is_found():
    for case in range(100):
        right = number(str(case)).removeprefix("AL-")
        for place, letter in enumerate(right):
            others = set(ALPHABET) - {letter} if letter != "-" else set()
            assert not any(is_case_number(f"AL-{right[:place]}{other}{right[place + 1 :]}") for other in others)


def test_every_swap_of_neighbours_is_found():
    for case in range(10_000):
        digits = number(str(case)).removeprefix("AL-").replace("-", "")
        for i in range(len(digits) - 1):
            swapped = digits[:i] + digits[i + 1] + digits[i] + digits[i + 2 :]
            assert swapped == digits or not is_case_number(f"AL-{swapped}")


def test_a_number_is_read_in_any_spelling_and_nothing_else_is_taken_for_one():
    right = number("a")
    assert is_case_number(right.lower().replace("-", " "))
    assert not any(map(is_case_number, ("", "AL", "AL-1111-1111-1", right[:-1], right + right[-1], "ÄL-7K3M-92QF-X")))


def test_the_same_case_comes_to_the_same_numbers_and_another_secret_to_others():
    assert list(islice(candidates(SECRET, "a"), 5)) == list(islice(candidates(SECRET, "a"), 5))
    assert number("a") != number("b")
    assert number("a") != number("a", b"t" * 32)
