"""What differs between two builds of a study."""

from kiezreach.differences.figures import differing_figures as differing_figures
from kiezreach.differences.settings import differing_values as differing_values
