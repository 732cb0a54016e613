"""Who in a city can walk to a neighbourhood centre, and who cannot."""
