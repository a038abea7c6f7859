"""The command `aktenlauf`: run, smoke, operate."""
