"""What the office makes of a scanner's verdict: which findings refuse a file, which only mark it."""

from aktenlauf.documents.recognition import Refusal
from aktenlauf.kit.scanner import Verdict

# A document that starts programs or plays embedded applications has no place in an application.
_REFUSED_MARKS = frozenset({"pdf-launch", "pdf-rich-media", "pdf-inflates-beyond-limit"})
# Only marked, since honest files have them: fillable forms of authorities (JavaScript, XFA), PDF/A-3 and
# electronic invoices (embedded files), bank statements that forbid copying (encrypted without a password to
# open). Caseworkers see page images, in which nothing runs, and the marks beside the link to the original.


def judge(verdict: Verdict) -> Refusal | None:
    """Whether the file is refused. The event keeps the verdict's marks either way."""
    if verdict.malware or _REFUSED_MARKS.intersection(verdict.marks):
        return Refusal.MALWARE
    return None


def is_real_scanner(verdict: Verdict) -> bool:
    """Whether a virus scanner looked at all; if not, pages say so."""
    return verdict.scanner != "structure-only"
