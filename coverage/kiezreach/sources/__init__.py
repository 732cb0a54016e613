"""Read, validate and normalise what a study names; the only part that reads files."""
