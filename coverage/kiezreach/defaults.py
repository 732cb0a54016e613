"""The default of every setting, with its unit and reason; a study file overrides them."""

from __future__ import annotations

MAX_SNAP_M = 100.0  # longest access leg of a centre: its coordinate is its door or its plot
MAX_ACCESS_M = 150.0  # longest access leg of a resident: a deep plot or a large estate
MAX_WALK_M = 5000.0  # longest walk that is searched for: an hour; farther off, nothing is near
CELL_M = 10.0  # grid of the catchment polygons: IoU 0.97 to 0.98 against a fine truth
THRESHOLDS_M = (500.0, 800.0, 1000.0)  # no official walking distance exists: show three
GAP_THRESHOLD_M = 800.0  # the middle one; about ten minutes at 80 m/min
GAP_JOIN_M = 40.0  # parts of the inhabited area this close are one: wider than most streets
WALKING_SPEED_M_PER_MIN = 80.0  # 4.8 km/h, the customary planning value for adults
GAP_CROSSING_M = 100.0  # a way over a barrier joins what faces it this near: the length of a block
GAP_MIN_RESIDENTS = 0  # no gap is too small to be listed, unless the study says so
GAP_MERGE_M = 200.0  # a small gap joins a neighbour this near: across a park or a sports ground
DISTINGUISHABLE_SHARE = 0.9  # of the combinations: nine in ten, as a 90 % interval would have it
MAX_LINK_M = 120.0  # a footbridge over a railway or a canal, a passage through a block
MIN_DETOUR_M = 300.0  # saved between the ends of a link: a shorter way round is no barrier
MIN_DETOUR_RATIO = 3.0  # times the link; cities walk about 1.3 times the straight line
LINK_SPACING_M = 300.0  # links that start this close are one place: a planner chooses one of them
LINKS_LISTED = 20  # links that are listed: the list is read by people
TIME_LIMIT_S = 60.0  # seconds for choosing sites: all of Berlin takes a few
SAME_PLACE_M = 400.0  # sites this near in a straight line stand for one place: half of 800 m
