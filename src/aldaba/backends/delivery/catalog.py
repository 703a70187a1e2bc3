"""From what the settings say of each provider to the providers themselves, in order."""

import ssl
from collections.abc import Callable, Sequence
from pathlib import Path

from aldaba.backends.delivery.failover import Failover, FailoverSettings, Observe
from aldaba.backends.delivery.generic_http import HttpProvider, HttpProviderConfig
from aldaba.backends.delivery.http_maps import READY_MADE
from aldaba.backends.delivery.http_template import HttpTemplate, template_from_json
from aldaba.backends.delivery.provider import Provider
from aldaba.backends.delivery.smpp import SmppConfig, SmppProvider, SmppTools

ProviderConfig = HttpProviderConfig | SmppConfig


def template_named(name: str, read: Callable[[Path], bytes] = Path.read_bytes) -> HttpTemplate:
    """A ready-made template, or the one in a JSON file where the name ends in ``.json``."""
    if name.endswith(".json"):
        return template_from_json(read(Path(name)))
    if name not in READY_MADE:
        raise ValueError(f"no template {name!r}: one of {', '.join(READY_MADE)} or a .json file")
    return READY_MADE[name]


def provider_from(config: ProviderConfig, tools: SmppTools) -> Provider:
    match config:
        case HttpProviderConfig():
            return HttpProvider(config, client_context(config.ca_file))
        case SmppConfig():
            return SmppProvider(config, client_context(config.ca_file) if config.tls else None, tools)


def failover_from(
    configs: Sequence[ProviderConfig], settings: FailoverSettings, tools: SmppTools, observe: Observe
) -> Failover:
    """The house's delivery. Raises ``ValueError`` for a name given twice."""
    names = [config.name for config in configs]
    if len(set(names)) < len(names):
        raise ValueError("every provider has a name of its own")
    return Failover([provider_from(config, tools) for config in configs], settings, tools.ticks, observe)


def client_context(ca_file: str | None) -> ssl.SSLContext:
    """Certificate and host name verified, against the machine's authorities or those in the file alone."""
    context = ssl.create_default_context(cafile=ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
