"""How often an idle service says that it is still so."""

TOUCH_S = 3600.0  # seldom: disks may rest
