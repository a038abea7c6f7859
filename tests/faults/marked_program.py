"""`aktenlauf` for the marked journey: its people can sign in, and every log line is written. With `clear` as its first
argument nothing is sealed, with `sealed` everything as always; the others are the command's own.
"""

import logging
import sys
from functools import partial

from aktenlauf.cli import serve
from aktenlauf.cli.demo import DEMO_USERS
from aktenlauf.cli.main import command
from aktenlauf.kit import logs

from ..marked_journey import PEOPLE
from ..unsealed import REPLACED

if __name__ == "__main__":
    form = sys.argv.pop(1)
    for place, name, instead in REPLACED if form == "clear" else ():
        setattr(place, name, instead)
    serve.configure = partial(logs.configure, level=logging.DEBUG)
    DEMO_USERS.extend(PEOPLE)
    command()
