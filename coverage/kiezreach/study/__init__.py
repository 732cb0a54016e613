"""The study: one TOML file that says what is asked, of which data, with which settings."""

from kiezreach.study.model import Study as Study
from kiezreach.study.parts import Areas as Areas
from kiezreach.study.parts import Background as Background
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
from kiezreach.study.residents import Addresses as Addresses
from kiezreach.study.residents import Blocks as Blocks
from kiezreach.study.residents import Grid as Grid
from kiezreach.study.residents import PlaceFile as PlaceFile
from kiezreach.study.residents import Residents as Residents
from kiezreach.study.residents import SpreadMethod as SpreadMethod
