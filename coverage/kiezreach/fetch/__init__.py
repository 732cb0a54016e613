"""Data on request: from a service or a file to an input of a study, with its origin beside it.

One module per subject. Each says what it would ask of whom (``asks``) and does it (``fetch``).
Only these modules, and the command over them, use `kiezreach.sources.downloads`.
"""
