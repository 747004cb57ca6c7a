"""`python -m karaokify_daemon` is the command `karaokify-daemon`."""

import sys

from karaokify_daemon.service.cli import main

if __name__ == "__main__":
    sys.exit(main())
