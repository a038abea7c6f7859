"""The OpenAPI document says who may call an operation and how: enough to generate a client that works."""

from typing import Any

import pytest

from .conftest import Installation

KEY = "Idempotency-Key"


def document(installation: Installation, side: str) -> dict[str, Any]:
    return (installation.public if side == "public" else installation.office).openapi()


@pytest.mark.parametrize(
    ("side", "path", "method", "security"),
    [
        ("public", "/api/intake/v1/mine", "get", [{"applicantSession": []}, {"applicantToken": []}]),
        (
            "public",
            "/api/intake/v1/wishes",
            "post",
            [{"applicantSession": [], "csrf": []}, {"applicantToken": []}, {}],
        ),
        ("public", "/hilfe/dienst", "get", []),
        ("office", "/api/review/v1/office", "get", [{"staffSession": []}, {"staffToken": []}]),
        ("office", "/api/review/v1/wishes", "post", [{"staffSession": [], "csrf": []}, {"staffToken": []}]),
    ],
)
def test_an_operation_names_the_ways_to_prove_oneself(
    installation: Installation, side: str, path: str, method: str, security: list[Any]
) -> None:
    assert document(installation, side)["paths"][path][method]["security"] == security


def test_every_way_that_is_named_is_described(installation: Installation) -> None:
    schemes = document(installation, "office")["components"]["securitySchemes"]
    told = {name: (scheme["type"], scheme.get("name", scheme.get("scheme"))) for name, scheme in schemes.items()}
    assert told == {
        "staffSession": ("apiKey", "__Host-al_amt"),
        "staffToken": ("http", "bearer"),
        "csrf": ("apiKey", "X-CSRF-Token"),
    }


def test_a_change_can_be_repeated_under_a_key_and_reading_needs_none(installation: Installation) -> None:
    paths = document(installation, "office")["paths"]
    (key,) = [p for p in paths["/api/review/v1/wishes"]["post"]["parameters"] if p["name"] == KEY]
    assert (key["in"], key["required"], key["schema"]["format"]) == ("header", False, "uuid")
    assert "parameters" not in paths["/api/review/v1/office"]["get"]


def test_asking_twice_describes_everything_once(installation: Installation) -> None:
    first = document(installation, "office")
    assert document(installation, "office") == first
    assert len(first["paths"]["/api/review/v1/wishes"]["post"]["parameters"]) == 1


async def test_what_is_served_is_what_was_described(installation: Installation) -> None:
    served = (await installation.browser().get("/api/review/v1/openapi.json")).json()
    assert served == document(installation, "office")
