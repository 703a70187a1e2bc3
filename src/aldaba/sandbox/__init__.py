"""The sandbox: a ready-made bank, with switches that make its parts fail. Never in production."""
