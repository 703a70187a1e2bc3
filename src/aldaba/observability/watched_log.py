"""The request log with an ear for the metrics: each line counts, and each crash."""

from collections.abc import Callable

from aldaba.observability.logs import RequestLog
from aldaba.observability.metrics import Metrics

OnLine = Callable[[dict[str, object]], None]


class WatchedLog(RequestLog):
    """``RequestLog`` that tells the metrics, and ``on_line`` (traces), of every line it writes."""

    def __init__(self, metrics: Metrics, on_line: OnLine | None = None) -> None:
        super().__init__()
        self._metrics = metrics
        self._on_line = on_line

    def write(self, fields: dict[str, object]) -> None:
        super().write(fields)
        self._metrics.answered(fields)
        if self._on_line is not None:
            self._on_line(fields)

    def crash(self, operation: str, trouble: BaseException) -> None:
        super().crash(operation, trouble)
        self._metrics.crashed()
