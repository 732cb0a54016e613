"""The study: one TOML file that says what is asked, of which data, with which settings."""

from kiezreach.study.model import Study as Study
from kiezreach.study.norms import Norm as Norm
from kiezreach.study.norms import Uplift as Uplift
from kiezreach.study.parts import AreaClasses as AreaClasses
from kiezreach.study.parts import Areas as Areas
from kiezreach.study.parts import Background as Background
from kiezreach.study.parts import Barrier as Barrier
from kiezreach.study.parts import ClassValue as ClassValue
from kiezreach.study.parts import Filter as Filter
from kiezreach.study.parts import Indicators as Indicators
from kiezreach.study.parts import InputFile as InputFile
from kiezreach.study.parts import Labels as Labels
from kiezreach.study.parts import Language as Language
from kiezreach.study.parts import LayerFile as LayerFile
from kiezreach.study.parts import Level as Level
from kiezreach.study.parts import Need as Need
from kiezreach.study.parts import NeedPart as NeedPart
from kiezreach.study.parts import NetworkFile as NetworkFile
from kiezreach.study.reading import berlin as berlin
from kiezreach.study.reading import packaged_data as packaged_data
from kiezreach.study.reading import read_study as read_study
