"""What differs between two builds of a study."""

from kiezreach.differences.comparison import Comparison as Comparison
from kiezreach.differences.comparison import changed_ground as changed_ground
from kiezreach.differences.comparison import compare as compare
from kiezreach.differences.coverage import changed as changed
from kiezreach.differences.figures import differing_figures as differing_figures
from kiezreach.differences.gates import Breach as Breach
from kiezreach.differences.gates import Verdict as Verdict
from kiezreach.differences.gates import judge as judge
from kiezreach.differences.settings import differing_values as differing_values
