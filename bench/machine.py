"""The machine as a benchmark sees it: cores, what a process has used of them, and middle values."""

import os
import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path


def cores() -> list[int]:
    """The cores this process may use."""
    return sorted(os.sched_getaffinity(0))


def pin(pid: int, wanted: Sequence[int]) -> None:
    """Keep a process and every thread it has by now on these cores; threads made later inherit it."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(ProcessLookupError):  # a thread that ended in between
            os.sched_setaffinity(int(task.name), wanted)


def family(pid: int) -> list[int]:
    """A process and everything it started that still runs."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):  # a thread that ended in between
            for child in (task / "children").read_text().split():
                found += family(int(child))
    return found


def cpu_seconds(pid: int) -> float:
    """User and system time of a process: what ``/proc/<pid>/stat`` says in ticks, here in nanoseconds."""
    # The clock that clock_getcpuclockid(3) names, which Python does not offer.
    return time.clock_gettime((~pid << 3) | 2)


def memory_mb(pid: int, name: str = "VmRSS") -> float:
    """Resident memory of a process in MB (10^6 bytes); ``VmHWM`` is the most it ever was."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise LookupError(name)


def load_average() -> float:
    return os.getloadavg()[0]


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that so many percent do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def microseconds(work: Callable[[], object], times: int) -> float:
    """CPU microseconds of one call on this thread: the median of five stretches."""
    stretches = []
    for _ in range(5):
        began = time.thread_time()
        for _ in range(times):
            work()
        stretches.append((time.thread_time() - began) / times * 1e6)
    return median(stretches)
