"""A `curl` for machines that have none: the few options that the pages show, over httpx."""

import argparse
import sys

import httpx


def main() -> None:
    options = argparse.ArgumentParser(prog="curl")
    options.add_argument("-s", action="store_true")
    options.add_argument("-u", metavar="USER:PASSWORD")
    options.add_argument("-d", metavar="FORM")
    options.add_argument("-H", metavar="HEADER", action="append", default=[])
    options.add_argument("url")
    given = options.parse_args()
    headers = dict(header.split(": ", 1) for header in given.H)
    if given.d is not None:
        headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
    user, _, password = (given.u or "").partition(":")
    answer = httpx.request(
        "GET" if given.d is None else "POST",
        given.url,
        headers=headers,
        content=given.d,
        auth=(user, password) if given.u else None,
        timeout=30,
    )
    sys.stdout.write(answer.text)


if __name__ == "__main__":
    main()
