"""Downloads on request: the only place of kiezreach that opens connections.

Nothing here is imported by a build or a check; only `kiezreach fetch` asks for it.
"""
