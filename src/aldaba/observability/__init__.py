"""What the house says of its work: logs, metrics and traces, none of which ever holds a secret."""

from aldaba.observability.logs import RequestLog, set_up

__all__ = ["RequestLog", "set_up"]
