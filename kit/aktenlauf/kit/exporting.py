"""Where figures and traces of a process go: figures to who asks `/metrics`, traces to an OpenTelemetry collector."""

from opentelemetry import metrics, trace
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.resources import SERVICE_INSTANCE_ID, SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from aktenlauf.kit.settings import Settings


def export(settings: Settings, service: str, replica: str) -> None:
    """Set up this process, once."""
    resource = Resource.create({SERVICE_NAME: f"aktenlauf-{service}", SERVICE_INSTANCE_ID: replica})
    metrics.set_meter_provider(
        MeterProvider([PrometheusMetricReader(disable_target_info=True, scope_info_enabled=False)], resource)
    )
    if settings.otlp:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        sampler = ParentBased(TraceIdRatioBased(settings.trace_share))
        provider = TracerProvider(sampler, resource)
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{settings.otlp.rstrip('/')}/v1/traces")))
        trace.set_tracer_provider(provider)


def flush() -> None:
    """Hand over what is still here, before the process ends."""
    provider = trace.get_tracer_provider()
    if isinstance(provider, TracerProvider):
        provider.shutdown()


def figures() -> tuple[bytes, str]:
    """All figures of this process in Prometheus' text form, and its media type."""
    return generate_latest(), CONTENT_TYPE_LATEST
