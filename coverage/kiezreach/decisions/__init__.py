"""What to do: where the next centres should go, and what single changes would bring."""

from kiezreach.decisions.limits import AreaLimit as AreaLimit
from kiezreach.decisions.limits import Limits as Limits
from kiezreach.decisions.plan import Plan as Plan
from kiezreach.decisions.plan import propose as propose
from kiezreach.decisions.question import Question as Question
