"""What an operator says about the two providers, and what is refused with a sentence."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from aktenlauf.kit.adapters.oidc_settings import any_configured, configured_providers
from aktenlauf.kit.settings import Settings, WrongSetting, load_settings

GOOD: dict[str, Any] = {
    "base_url": "https://antrag.test",
    "office_url": "https://amt.test/",
    "oidc_applicants_issuer": "https://sso.test/realms/buerger",
    "oidc_applicants_client_id": "portal",
    "oidc_office_issuer": "https://sso.test/realms/amt",
    "oidc_office_client_id": "fachanwendung",
    "oidc_office_client_secret": SecretStr("geheim"),
    "oidc_office_roles_claim": "realm_access.roles",
    "oidc_office_office_claim": "behoerde",
}


def settings(**changes: Any) -> Settings:
    return Settings(_env_file=None, **{**GOOD, **changes})


def test_each_side_has_its_own_provider_and_addresses_to_register() -> None:
    found = configured_providers(settings())
    public, office = found["public"], found["office"]
    assert (public.redirect_uri, public.signed_out_uri) == (
        "https://antrag.test/anmelden/rueckkehr",
        "https://antrag.test/abmelden",
    )
    assert (office.redirect_uri, office.signed_out_uri) == (
        "https://amt.test/amt/anmelden/rueckkehr",
        "https://amt.test/amt/abmelden",
    )
    assert (public.client_secret, office.client_secret) == (None, "geheim")
    assert (office.roles_claim, office.office_claim) == ("realm_access.roles", "behoerde")


def test_the_applicants_provider_grants_no_role_of_the_office_and_the_other_way_round() -> None:
    found = configured_providers(settings())
    assert found["public"].grants.isdisjoint(found["office"].grants)


def test_nothing_that_is_printed_shows_a_secret() -> None:
    made = settings()
    assert "geheim" not in repr(made) + repr(configured_providers(made))


@pytest.mark.parametrize(
    "name",
    ["oidc_applicants_issuer", "oidc_applicants_client_id", "oidc_office_issuer", "oidc_office_client_id"],
)
def test_what_is_missing_is_named_with_what_was_expected(name: str) -> None:
    with pytest.raises(WrongSetting, match=f"AKTENLAUF_{name.upper()}: it is empty; expected"):
        configured_providers(settings(**{name: ""}))


def test_one_issuer_cannot_serve_both_sides__adr_0018() -> None:
    with pytest.raises(WrongSetting, match="also the applicants' issuer"):
        configured_providers(settings(oidc_office_issuer=GOOD["oidc_applicants_issuer"]))


@pytest.mark.parametrize("client", ["portal", "fachanwendung"])
def test_the_audience_of_access_tokens_is_no_client__adr_0018(client: str) -> None:
    with pytest.raises(WrongSetting, match="AKTENLAUF_OIDC_AUDIENCE"):
        configured_providers(settings(oidc_audience=client))


@pytest.mark.parametrize("issuer", ["sso.test", "ftp://sso.test", "https://", "https://sso.test/?realm=amt"])
def test_an_issuer_that_is_no_address_is_named_at_start(
    issuer: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AKTENLAUF_OIDC_OFFICE_ISSUER", issuer)
    with pytest.raises(WrongSetting, match=r"AKTENLAUF_OIDC_OFFICE_ISSUER.*needs the provider's issuer, for example"):
        load_settings()


@pytest.mark.parametrize(
    ("name", "value"), [("S3", "ftp://portal:geheim@objects.test/b"), ("OIDC_OFFICE_ISSUER", "ftp://a:geheim@sso.test")]
)
def test_a_wrong_address_is_named_without_the_password_in_it(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(f"AKTENLAUF_{name}", value)
    with pytest.raises(WrongSetting, match=f"AKTENLAUF_{name}") as wrong:
        load_settings()
    assert "geheim" not in str(wrong.value)


def test_a_demonstration_without_any_provider_has_its_own() -> None:
    assert not any_configured(Settings(_env_file=None))
    assert any_configured(settings(oidc_office_issuer=""))
