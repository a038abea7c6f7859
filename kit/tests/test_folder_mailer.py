"""The mail folder keeps the promises of the mailer."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from aktenlauf.kit.adapters.folder_mailer import FolderMailer
from aktenlauf.kit.errors import Unavailable
from aktenlauf.kit.testing.mailer_suite import MAIL, Kept, MailerSuite


class TestFolderMailer(MailerSuite):
    @pytest.fixture
    def mailer(self, tmp_path: Path) -> FolderMailer:
        return FolderMailer(tmp_path / "mail", "amt@example.org")

    @pytest.fixture
    def kept(self, tmp_path: Path) -> Kept:
        def read() -> list[EmailMessage]:
            files = sorted((tmp_path / "mail").iterdir())
            return [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]  # type: ignore[misc]

        return read

    async def test_clearing_removes_what_a_crash_left_half_written(self, mailer: FolderMailer, tmp_path: Path) -> None:
        (tmp_path / "mail" / f".case-1_{MAIL.id}.eml").write_bytes(b"To: tien@example.org")
        await mailer.clear("case-1")
        assert list((tmp_path / "mail").iterdir()) == []

    async def test_a_folder_that_is_away_is_tried_again(self, mailer: FolderMailer, tmp_path: Path) -> None:
        (tmp_path / "mail" / f"case-1_{MAIL.id}.eml").mkdir()
        for work in (mailer.send(MAIL, "case-1"), mailer.clear("case-1")):
            with pytest.raises(Unavailable):
                await work

    def test_only_the_owner_may_look_into_the_folder(self, mailer: FolderMailer, tmp_path: Path) -> None:
        assert (tmp_path / "mail").stat().st_mode & 0o777 == 0o700
