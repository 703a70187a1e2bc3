"""``python -m aldaba`` is the command line."""

import sys

from aldaba.cli.main import main

# A worker process of `serve` imports this file too.
if __name__ == "__main__":
    sys.exit(main())
