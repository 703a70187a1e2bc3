"""``python -m aldaba`` is the command line."""

import sys

from aldaba.cli.main import main

sys.exit(main())
