"""The brokers that an operator configured, checked before anything starts."""

from ssl import SSLContext, SSLError, create_default_context

from aktenlauf.kit.adapters.kafka_brokers import Account, Brokers
from aktenlauf.kit.settings import Settings, WrongSetting

_ACCOUNT = ("kafka_user", "kafka_password")
_FILES = ("kafka_ca_file", "kafka_cert_file", "kafka_key_file")


def configured_brokers(settings: Settings) -> Brokers:
    """Raises WrongSetting with the name of the setting that is missing, or that contradicts AKTENLAUF_KAFKA_SECURITY:
    a password that nobody asks for, or an authority that vouches for nothing, is not passed over in silence."""
    _need(settings, "kafka", "host:port,...: services in processes of their own hear each other by it")
    sasl, tls = settings.kafka_security.startswith("SASL_"), settings.kafka_security.endswith("SSL")
    for name in _ACCOUNT:
        if sasl:
            _need(settings, name, f"one, as AKTENLAUF_KAFKA_SECURITY is {settings.kafka_security}")
    _refuse(settings, () if sasl else _ACCOUNT, "SASL_PLAINTEXT or SASL_SSL")
    _refuse(settings, () if tls else _FILES, "SSL or SASL_SSL")
    return Brokers(settings.kafka, _account(settings) if sasl else None, _context(settings) if tls else None)


def _need(settings: Settings, name: str, expected: str) -> None:
    if not _value(settings, name):
        raise WrongSetting(f"AKTENLAUF_{name.upper()}: it is empty; expected {expected}")


def _refuse(settings: Settings, names: tuple[str, ...], expected: str) -> None:
    for name in names:
        if _value(settings, name):
            raise WrongSetting(
                f"AKTENLAUF_{name.upper()}: it is not used, as AKTENLAUF_KAFKA_SECURITY is {settings.kafka_security}; "
                f"expected {expected} there, or nothing here"
            )


def _value(settings: Settings, name: str) -> str:
    return settings.kafka_password.get_secret_value() if name == "kafka_password" else str(getattr(settings, name))


def _account(settings: Settings) -> Account:
    return Account(settings.kafka_user, settings.kafka_password.get_secret_value(), settings.kafka_sasl)


def _context(settings: Settings) -> SSLContext:
    """The brokers' names are checked too. Without a file of ours OpenSSL's authorities, or those of SSL_CERT_FILE."""
    try:
        context = create_default_context(cafile=settings.kafka_ca_file or None)
    except (SSLError, OSError) as error:
        raise _unreadable("KAFKA_CA_FILE", settings.kafka_ca_file, "certificates of authorities", error) from None
    if settings.kafka_key_file and not settings.kafka_cert_file:
        _need(settings, "kafka_cert_file", "the certificate that belongs to AKTENLAUF_KAFKA_KEY_FILE")
    if settings.kafka_cert_file:
        _identify(context, settings)
    return context


def _identify(context: SSLContext, settings: Settings) -> None:
    try:
        # With a password of none, as OpenSSL would ask for one on the terminal and a service would hang there.
        context.load_cert_chain(settings.kafka_cert_file, settings.kafka_key_file or None, password="")
    except (SSLError, OSError) as error:
        raise _unreadable(
            "KAFKA_CERT_FILE", settings.kafka_cert_file, "a certificate and its key without a password", error
        ) from None


def _unreadable(name: str, file: str, expected: str, error: OSError) -> WrongSetting:
    reason = error.reason if isinstance(error, SSLError) else error.strerror
    return WrongSetting(f"AKTENLAUF_{name}: expected a PEM file with {expected} (it is {file!r}: {reason})")
