"""What CUPS executes."""

from __future__ import annotations

import sys

from fence.run import main

sys.exit(main())
