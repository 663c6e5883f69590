"""A stand with the product as it is installed somewhere: kagimori and kagimori-agent as two processes, set up by their own
commands, the portal by HTTPS under a name of its own, the card in a reader of the real pcscd.
"""

import dataclasses
import json
import os
import pathlib
import shutil
import signal
import tomllib

from house import services
from house.needs import OPENSC_MODULE  # noqa: F401
from house.processes import LOGS, TARGET, Ended, answers, end, free_port, output, run, start, until
