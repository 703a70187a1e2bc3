"""The benchmark: every work beside its physical limit, measured in one run on one machine."""
