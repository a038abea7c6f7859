"""What a person reads when something did not work: what happened, and what to do. German is the msgid.

Every code of the contract has a text here, so that no refusal reaches a person as a bare code; a service that
knows better words for one of its own says them beside the field.
"""

from collections.abc import Mapping

from aktenlauf.contracts.errors import Code
from aktenlauf.kit.identity import SignInFailure

Words = tuple[str, str]

_RELOAD = "Laden Sie die Seite neu und sehen Sie sich den neuen Stand an."
_CHOOSE_AGAIN = "Wählen Sie einen anderen Termin."

TEXTS: Mapping[Code, Words] = {
    Code.CHANGED: ("Das hat sich inzwischen geändert", _RELOAD),
    Code.NOT_NOW: ("Das ist bei diesem Stand nicht möglich", _RELOAD),
    Code.CLOSED: (
        "Der Vorgang ist abgeschlossen",
        "Daran lässt sich nichts mehr ändern. Wenn etwas falsch ist, wenden Sie sich an die Behörde.",
    ),
    Code.ERASED: (
        "Diese Daten sind gelöscht",
        "Der Inhalt wurde nach den gesetzlichen Fristen gelöscht und lässt sich nicht wiederherstellen.",
    ),
    Code.COMMAND_REUSED: (
        "Das wurde schon einmal mit anderen Angaben gesendet",
        "Ihre Angaben stehen noch da. Prüfen Sie den Stand und senden Sie sie noch einmal.",
    ),
    Code.CONFLICT: ("Jemand hat im selben Augenblick etwas geändert", _RELOAD),
    Code.BUSY: (
        "Der Dienst ist gerade überlastet",
        "Es wurde nichts geändert. Versuchen Sie es in einer Minute noch einmal.",
    ),
    Code.NOT_FOUND: (
        "Diese Seite gibt es nicht",
        "Vielleicht ist der Link unvollständig oder veraltet. Sie finden alles über die Startseite.",
    ),
    Code.FORBIDDEN: (
        "Dafür fehlt Ihnen die Berechtigung",
        "Ihre Anmeldung reicht dafür nicht aus. Vielleicht sind Sie mit einem anderen Konto angemeldet.",
    ),
    Code.SIGN_IN: (
        "Bitte melden Sie sich an",
        "Sie sind nicht oder nicht mehr angemeldet. Gespeicherte Angaben sind erhalten.",
    ),
    Code.METHOD: (
        "Diese Adresse lässt sich so nicht aufrufen",
        "Gehen Sie einen Schritt zurück und versuchen Sie es von dort noch einmal.",
    ),
    Code.INVALID: (
        "Einige Angaben passen nicht",
        "Gehen Sie zurück und prüfen Sie Ihre Angaben.",
    ),
    Code.MALFORMED: (
        "Diese Anfrage haben wir nicht verstanden",
        "Gehen Sie einen Schritt zurück und versuchen Sie es noch einmal.",
    ),
    Code.CSRF: (
        "Wir konnten nicht prüfen, ob das von Ihnen kommt",
        "Es wurde nichts geändert. Laden Sie die Seite neu und senden Sie Ihre Angaben noch einmal.",
    ),
    Code.TOO_MANY: (
        "Das waren sehr viele Anfragen",
        "Warten Sie eine Minute und versuchen Sie es dann noch einmal.",
    ),
    Code.TOO_LARGE: (
        "Das ist zu groß",
        "Verkleinern Sie die Datei oder teilen Sie sie auf mehrere Dateien auf.",
    ),
    Code.UNAVAILABLE: (
        "Der Dienst ist gerade nicht erreichbar",
        "Ihre gespeicherten Angaben sind erhalten. Versuchen Sie es in einigen Minuten noch einmal.",
    ),
    Code.INTERNAL: (
        "Bei uns ist ein Fehler aufgetreten",
        "Ihre gespeicherten Angaben sind erhalten. Versuchen Sie es in einigen Minuten noch einmal. "
        "Wenn der Fehler bleibt, nennen Sie uns die Kennung.",
    ),
    Code.INCOMPLETE: ("Es fehlen noch Angaben", "Ergänzen Sie, was als fehlend markiert ist."),
    Code.DECLARATION: (
        "Die Erklärung fehlt",
        "Lesen Sie die Erklärung und bestätigen Sie sie, bevor Sie den Antrag absenden.",
    ),
    Code.NO_OFFICE: (
        "Für diesen Wohnort kennen wir keine zuständige Behörde",
        "Prüfen Sie die Postleitzahl und den Ort.",
    ),
    Code.ALREADY_SUBMITTED: (
        "Der Antrag ist schon abgesendet",
        "Sie müssen nichts tun. Den Stand sehen Sie unter „Meine Anträge“.",
    ),
    Code.EMPTY_MESSAGE: ("Die Nachricht ist leer", "Schreiben Sie etwas oder hängen Sie ein Dokument an."),
    Code.TOO_MANY_LETTERS: (
        "Das sind zu viele Nachrichten",
        "Zu diesem Antrag haben Sie schon sehr oft geschrieben. Fragen der Behörde können Sie weiter beantworten. In "
        "allen anderen Fällen rufen Sie bitte an.",
    ),
    Code.TOO_MANY_DRAFTS: (
        "Sie haben schon sehr viele Anträge begonnen",
        "Senden Sie einen ab oder löschen Sie einen, den Sie nicht brauchen. Sie finden alle unter „Meine Anträge“.",
    ),
    Code.DRAFT_CHANGED: (
        "Der Entwurf wurde an anderer Stelle geändert",
        "Laden Sie die Seite neu. Sie sehen dann beide Fassungen.",
    ),
    Code.EMPTY_FILE: ("Die Datei ist leer", "Wählen Sie die Datei noch einmal aus."),
    Code.FILE_TOO_LARGE: (
        "Die Datei ist zu groß",
        "Verkleinern Sie die Datei oder teilen Sie sie auf mehrere Dateien auf.",
    ),
    Code.TYPE_NOT_ALLOWED: (
        "Diese Art von Datei nehmen wir nicht an",
        "Speichern Sie das Dokument als PDF oder fotografieren Sie es als JPEG oder PNG.",
    ),
    Code.NOT_WHAT_IT_SAYS: (
        "Der Inhalt der Datei passt nicht zu ihrem Namen",
        "Speichern Sie das Dokument neu als PDF oder JPEG und laden Sie es noch einmal hoch.",
    ),
    Code.PASSWORD: (
        "Die Datei ist mit einem Passwort geschützt",
        "Speichern Sie sie ohne Passwort und laden Sie sie noch einmal hoch.",
    ),
    Code.MALWARE: (
        "In der Datei wurde Schadsoftware gefunden",
        "Die Datei wurde nicht gespeichert. Prüfen Sie Ihr Gerät und nehmen Sie eine andere Fassung.",
    ),
    Code.UNREADABLE: (
        "Die Datei lässt sich nicht lesen",
        "Vielleicht ist sie beschädigt. Speichern oder fotografieren Sie das Dokument neu.",
    ),
    Code.TOO_MANY_FILES: (
        "Das sind zu viele Dateien",
        "Löschen Sie Dateien, die nicht nötig sind, oder fassen Sie mehrere Seiten zusammen.",
    ),
    Code.TOO_MANY_UPLOADS: (
        "Zu diesem Antrag wurden sehr viele Dateien hochgeladen",
        "Auch solche zählen, die Sie wieder entfernt haben. Mehr nehmen wir nicht an. Rufen Sie bitte die Behörde an.",
    ),
    Code.NOT_ASSIGNED: ("Der Vorgang ist Ihnen nicht zugewiesen", "Übernehmen Sie den Vorgang zuerst."),
    Code.TAKEN: (
        "Jemand anderes bearbeitet den Vorgang",
        "Sie können ihn ansehen. Sprechen Sie sich ab, wenn Sie ihn übernehmen wollen.",
    ),
    Code.SAME_PERSON: (
        "Hier gilt das Vier-Augen-Prinzip",
        "Wer vorgeschlagen hat, kann nicht selbst freigeben. Bitten Sie eine andere Person.",
    ),
    Code.NO_PROPOSAL: ("Es liegt kein Vorschlag vor", _RELOAD),
    Code.DEADLINE_PAST: (
        "Die Frist liegt in der Vergangenheit",
        "Wählen Sie einen Tag, der noch kommt.",
    ),
    Code.NOTHING_REQUESTED: (
        "Es wurde nichts ausgewählt",
        "Wählen Sie aus, was nachgereicht werden soll.",
    ),
    Code.NOT_OFFERED: (
        "Dieser Termin wurde Ihnen nicht angeboten",
        "Wählen Sie einen der angebotenen Termine.",
    ),
    Code.OFFER_EXPIRED: (
        "Das Angebot ist abgelaufen",
        "Sie bekommen ein neues Angebot. Sie müssen nichts tun.",
    ),
    Code.SLOT_TAKEN: ("Dieser Termin ist gerade vergeben worden", _CHOOSE_AGAIN),
    Code.SLOT_UNKNOWN: ("Diesen Termin gibt es nicht", _CHOOSE_AGAIN),
    Code.TOO_MANY_CHOICES: (
        "Sie haben schon sehr oft einen Termin gewählt",
        "Haben Sie schon einen Termin, bleibt er bestehen. Brauchen Sie einen anderen, rufen Sie bitte die Behörde an.",
    ),
    Code.NO_APPOINTMENT: ("Sie haben keinen Termin", "Laden Sie die Seite neu."),
}

_ONCE_MORE = "Melden Sie sich noch einmal an."

SIGN_IN_TEXTS: Mapping[SignInFailure, Words] = {
    "state": (
        "Die Anmeldung wurde unterbrochen",
        "Sie hat zu lange gedauert oder wurde in einem anderen Fenster begonnen. " + _ONCE_MORE,
    ),
    "denied": ("Sie haben die Anmeldung abgebrochen", _ONCE_MORE),
    "provider": ("Die Anmeldung hat nicht geklappt", _ONCE_MORE),
    "token": ("Die Anmeldung ließ sich nicht prüfen", _ONCE_MORE),
    "unavailable": (
        "Der Anmeldedienst antwortet nicht",
        "Versuchen Sie es in einigen Minuten noch einmal.",
    ),
}

FIELD_MISSING = "Diese Angabe fehlt."
FIELD_INVALID = "Diese Angabe passt nicht."
WRONG_LINK: Words = (
    "Dieser Link passt nicht",
    "Er ist unvollständig oder enthält etwas, das wir nicht kennen. Gehen Sie einen Schritt zurück oder beginnen Sie "
    "auf der Startseite.",
)
WRONG_HOST = "Unter diesem Namen ist der Dienst nicht erreichbar."
