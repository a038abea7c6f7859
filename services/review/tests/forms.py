"""What tests of the pages fill in, and the pages there are."""

NAME = "Ḩaddād-Nováková, Lina Şerife"
CASE_PAGES = ("", "/antrag", "/nachrichten", "/termine", "/bescheide", "/verlauf", "/akte")
WORK_PAGES = ("/nachfordern", "/frage", "/entscheidung")
APPROVER_PAGES = ("/freigabe", "/loeschen")
REQUEST = {"nachweis": ["enrolment"], "frist-t": "7", "frist-m": "12", "frist-j": "2026", "text": "Bitte nachreichen."}
DECISION = {
    "ergebnis": "granted", "gueltig-t": "31", "gueltig-m": "3", "gueltig-j": "2028", "gruende": "Alles liegt vor.",
    "auflagen": "",
}  # fmt: skip
