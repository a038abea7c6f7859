"""Where people sign in: at the providers that are configured, or at the demonstration's own in this process."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import httpx
from starlette.routing import BaseRoute

from aktenlauf.kit.adapters.demo_idp import DemoProvider, DemoUser, demo_providers
from aktenlauf.kit.adapters.oidc import OidcIdentity
from aktenlauf.kit.adapters.oidc_settings import any_configured, configured_providers
from aktenlauf.kit.settings import Settings

_PROVIDER_SECONDS = 10


@dataclass(frozen=True, slots=True)
class SignIn:
    """`routes`: of the demonstration's provider, if it is part of this process. `http` is to be closed at the end."""

    identity: OidcIdentity
    http: httpx.AsyncClient
    routes: Sequence[BaseRoute]


def sign_in_of(settings: Settings, secret: bytes, users: Sequence[DemoUser], elsewhere: bool) -> SignIn:
    """`secret` is that of the installation's web shell. `elsewhere`: the demonstration's own provider will not do, as
    several processes make up the installation. Raises WrongSetting."""
    own = hashlib.sha256(secret + b"oidc").digest()
    if elsewhere or not settings.demo or any_configured(settings):
        http = httpx.AsyncClient(timeout=_PROVIDER_SECONDS)
        return SignIn(OidcIdentity(configured_providers(settings), own, http), http, ())
    providers = demo_providers(settings.public_url, settings.office_url or settings.public_url)
    demo = DemoProvider(providers, users)
    http = demo.http()
    return SignIn(OidcIdentity(providers, own, http), http, demo.routes)
