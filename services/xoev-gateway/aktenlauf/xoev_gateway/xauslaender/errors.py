"""What can be wrong with a message: one error for each direction, both free of the message's content."""


class _At(ValueError):
    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"{where}: {what}")
        self.where = where
        self.what = what


class NotWritable(_At):
    """The message cannot be expressed in XAusländer; `where` is the path of our field (person.birth)."""


class Unreadable(_At):
    """The bytes are no message we understand; `where` is the path of the XML element."""
