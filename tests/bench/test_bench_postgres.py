"""The benchmark on PostgreSQL measures both sides; how fast they are is nobody's promise."""

from bench.postgres import measure


def test_it_measures_the_store_and_the_driver() -> None:
    figures = measure(0.1)
    ours, bare = figures["durable acts a second"], figures["the bare driver's"]
    assert ours > 0
    assert bare > 0
    assert figures["ratio"] == ours / bare
