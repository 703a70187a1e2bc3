"""The operators' console at ``/admin``: pages over the desk's use cases, with a form for every act."""
