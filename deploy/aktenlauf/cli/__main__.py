"""`python -m aktenlauf.cli` is the command `aktenlauf`."""

from aktenlauf.cli.main import command

command()
