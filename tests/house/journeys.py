"""Browser journeys."""
from house.processes import TARGET
PLACE = TARGET / "journeys"
SCREENS = TARGET / "screens"
def steps():
    return []
