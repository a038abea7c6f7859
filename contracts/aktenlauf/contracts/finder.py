"""Find a service by the words an applicant would use."""

import re
import unicodedata
from collections.abc import Iterable

from aktenlauf.contracts.catalogue import Service, Text, catalogue

_WEIGHTS = {"title": 8, "keywords": 4, "situations": 2, "summary": 1}
_FILLERS = frozenset(
    "ich mein meine meinen meiner mochte moechte will wie der die das den dem ein eine einen fur fuer in an im zu "
    "zum zur und oder mit auf ist kann muss brauche i my me the a an to for of in and or want need how is can do "
    "please bitte انا اريد في من الى على عن كيف هل".split()
)
_LONG = 5  # from this length on a known word may be found inside a longer one: "Studium" in "Studiumsvisum"


def find(query: str, locale: str, services: Iterable[Service] | None = None) -> list[Service]:
    """Services in which every meaningful word of the query occurs, the best first; all for an empty query.

    The applicant's language, German and English are searched (many type English on an Arabic page); paragraph
    signs, capitals and accents do not matter. A word that no service knows finds nothing: better an honest "not
    offered here yet" than the wrong form.
    """
    offered = list(catalogue().services.values() if services is None else services)
    wanted = [word for word in _words(query) if word not in _FILLERS]
    ranked = [(_score(service, wanted, locale), service) for service in offered]
    return [service for score, service in sorted(ranked, key=lambda hit: (-hit[0], hit[1].key)) if score]


def _score(service: Service, wanted: list[str], locale: str) -> int:
    texts: dict[str, tuple[Text, ...]] = {
        "title": (service.title,),
        "keywords": (service.keywords,),
        "situations": service.situations,
        "summary": (service.summary,),
    }
    known = {part: _vocabulary(found, locale) for part, found in texts.items()}
    known["keywords"] |= {word for p in service.paragraphs for word in _words(p.cite)}
    best = [max((_WEIGHTS[part] for part in known if _has(known[part], word)), default=0) for word in wanted]
    return (sum(best) + 1) if all(best) else 0


def _vocabulary(texts: Iterable[Text], locale: str) -> set[str]:
    return {word for text in texts for lang in (locale, "de", "en") for word in _words(text.pick(lang))}


def _has(vocabulary: set[str], word: str) -> bool:
    return any(word in known or (len(known) >= _LONG and known in word) for known in vocabulary)


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(c for c in plain if not unicodedata.combining(c))
    # "§ 16b" and "§16b" are the same word; a lone paragraph sign is none
    return [word for word in re.findall(r"[^\W_]+", letters) if len(word) > 1 or word.isdigit()]
