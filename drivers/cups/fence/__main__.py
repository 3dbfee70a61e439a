"""What CUPS executes."""

from __future__ import annotations

import os
import sys

from fence.run import main

status = main()
sys.stdout.flush()
# Taking the interpreter down in order would keep the next copy waiting; everything is on the disk.
os._exit(status)
