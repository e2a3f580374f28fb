"""What a job found in the imagery it read, counted for its log."""

import logging
from collections import Counter
from collections.abc import Iterable

from incomelens.common.errors import listed
from incomelens.tiles.void import Colour

logger = logging.getLogger(__name__)


class Tally:
    """Counts of windows read: how often halved, with large white areas, of one colour."""

    def __init__(self) -> None:
        self._levels: Counter[int] = Counter()
        self._n_white = 0
        self._white_in: set[str] = set()
        self._prevailing: Counter[Colour] = Counter()

    def count(self, *, level: int, white_in: Iterable[str], prevailing: Colour | None) -> None:
        """Add a window.

        Parameters
        ----------
        level : int
            How often halved it was read.
        white_in : iterable of str
            Orthophotos of which a large white area was left out.
        prevailing : colour or None
            See :func:`incomelens.tiles.void.prevailing_colour`.
        """
        white = set(white_in)
        self._levels[level] += 1
        self._n_white += bool(white)
        self._white_in |= white
        if prevailing is not None:
            self._prevailing[prevailing] += 1

    def tell(self) -> None:
        """Write to the log what is to be known of the imagery, and nothing where nothing is."""
        n_read = self._levels.total()
        halved = [f"{n} of {level}" for level, n in sorted(self._levels.items()) if level]
        if halved:
            logger.info(
                "%d of %d tiles were cut from imagery halved as often as leaves its pixels finer "
                "than theirs (halvings: %s), the others from native pixels",
                *(n_read - self._levels[0], n_read, listed(halved)),
            )
        if self._n_white:
            logger.warning(
                "%d of %d tiles touch a large white area, taken for no imagery (in %s); if it is "
                "ground, set `void_colours: []` where the imagery is configured",
                *(self._n_white, n_read, listed(sorted(self._white_in))),
            )
        if self._prevailing:
            colours = (f"{colour} in {n}" for colour, n in self._prevailing.most_common())
            logger.warning(
                "%d of %d tiles have one colour over a quarter of them or more (red, green, blue: "
                "%s); if it is no ground, name it in `void_colours` where the imagery is "
                "configured",
                *(self._prevailing.total(), n_read, listed(colours, 3)),
            )
