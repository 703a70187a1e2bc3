"""A house with customers, brought along as a bank brings them: by the import of a file."""

import time
from collections.abc import Iterable, Mapping

from bench.front_ends import Line, import_file
from bench.measuring import Run
from bench.processes import House, aldaba, make_house


def populated(going: Run, name: str, settings: Mapping[str, str], lines: Iterable[Line]) -> House:
    """A new house under the run's folder; how fast the import went stands among the run's figures."""
    house = make_house(going.folder / name, settings)
    file = going.folder / f"{name}.jsonl"
    count = import_file(file, lines)
    began = time.perf_counter()
    aldaba(house.environment, "customers", "import", str(file))
    rate = count / (time.perf_counter() - began)
    going.figures.others[f"import of {count:,} customers, lines a second"] = rate
    file.unlink()
    return house
