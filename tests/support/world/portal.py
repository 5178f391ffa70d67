"""The portal: pages, with no service behind them unless a test starts one."""

from tests.support.world.base import World


class Portal(World):
    """The portal."""

    service = "portal"
