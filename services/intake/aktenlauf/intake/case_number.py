"""Case numbers: what an applicant writes on a letter and reads out on the phone.

`AL-7K3M-92QF-X`: eight characters that say nothing (no date, no order, no office) and a check character by ISO 7064,
hybrid system, over an alphabet without 0 O 1 I L U, which are taken for each other or for V. A number follows from a
secret, the case and the attempt, so that a repeated submission arrives at the same one.
"""

import hmac
import re
from collections.abc import Iterator
from itertools import count

from stdnum.exceptions import ValidationError
from stdnum.iso7064 import mod_37_36

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Thirty characters: an even number with a prime behind it, as the hybrid system needs."""
LENGTH = 8


def candidates(secret: bytes, case: str) -> Iterator[str]:
    """Numbers for a case, in the order in which they are to be tried; the same for the same secret and case.

    The check character shows every single error. Of swaps of two neighbours it misses one in some 400: numbers in
    which that could happen are passed over.
    """
    for attempt in count():
        body = _body(hmac.digest(secret, f"{case} {attempt}".encode(), "sha256"))
        digits = body + mod_37_36.calc_check_digit(body, alphabet=ALPHABET)
        if not _hides_a_swap(digits):
            yield f"AL-{digits[:4]}-{digits[4:8]}-{digits[8]}"


def is_case_number(text: str) -> bool:
    """Whether this is a number of ours, as far as its check character tells; case and separators do not matter."""
    digits = re.sub(r"[\s-]", "", text.upper()).removeprefix("AL")
    return len(digits) == LENGTH + 1 and _checks(digits)


def _body(digest: bytes) -> str:
    number, letters = int.from_bytes(digest), ""
    for _ in range(LENGTH):
        number, digit = divmod(number, len(ALPHABET))
        letters += ALPHABET[digit]
    return letters


def _hides_a_swap(digits: str) -> bool:
    swapped = (digits[:i] + digits[i + 1] + digits[i] + digits[i + 2 :] for i in range(len(digits) - 1))
    return any(other != digits and _checks(other) for other in swapped)


def _checks(digits: str) -> bool:
    try:
        mod_37_36.validate(digits, alphabet=ALPHABET)
    except ValidationError:
        return False
    return True
