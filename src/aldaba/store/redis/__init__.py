"""Sessions and spent request ids in Valkey or Redis, beside a durable store that keeps everything else."""
