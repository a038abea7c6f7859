"""The providers that an operator configured, checked before anything starts."""

from aktenlauf.kit.adapters.oidc_provider import Provider
from aktenlauf.kit.identity import Side
from aktenlauf.kit.settings import Settings, WrongSetting


def any_configured(settings: Settings) -> bool:
    """Whether the operator named a provider."""
    return bool(settings.oidc_applicants_issuer or settings.oidc_office_issuer)


def configured_providers(settings: Settings) -> dict[Side, Provider]:
    """One provider for each side. Raises WrongSetting with the name of the setting that is missing, or that
    contradicts another."""
    _check(settings)
    return {"public": _applicants(settings), "office": _office(settings)}


def _check(settings: Settings) -> None:
    for side in ("applicants", "office"):
        _need(settings, f"oidc_{side}_issuer", "the issuer of the OpenID provider where they sign in")
        _need(settings, f"oidc_{side}_client_id", "what Aktenlauf is called at that provider")
    if settings.oidc_applicants_issuer == settings.oidc_office_issuer:
        # else a token of an applicant would be one of the office's issuer
        raise WrongSetting(
            "AKTENLAUF_OIDC_OFFICE_ISSUER: it is also the applicants' issuer; expected another one (with Keycloak: a "
            "realm for each side)"
        )
    if settings.oidc_audience in (settings.oidc_applicants_client_id, settings.oidc_office_client_id):
        # else an ID token, which names the client, would open the interfaces
        raise WrongSetting("AKTENLAUF_OIDC_AUDIENCE: it is also the id of a client; expected a name of its own")


def _need(settings: Settings, name: str, expected: str) -> None:
    if not getattr(settings, name):
        raise WrongSetting(f"AKTENLAUF_{name.upper()}: it is empty; expected {expected}")


def _applicants(settings: Settings) -> Provider:
    return Provider(
        side="public",
        issuer=settings.oidc_applicants_issuer,
        client_id=settings.oidc_applicants_client_id,
        side_url=settings.public_url,
        client_secret=settings.oidc_applicants_client_secret.get_secret_value() or None,
        audience=settings.oidc_audience,
    )


def _office(settings: Settings) -> Provider:
    return Provider(
        side="office",
        issuer=settings.oidc_office_issuer,
        client_id=settings.oidc_office_client_id,
        side_url=settings.office_url or settings.public_url,
        client_secret=settings.oidc_office_client_secret.get_secret_value() or None,
        roles_claim=settings.oidc_office_roles_claim,
        office_claim=settings.oidc_office_office_claim,
        audience=settings.oidc_audience,
    )
