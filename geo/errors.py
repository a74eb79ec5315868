"""What can go wrong with places."""


class GeoError(ValueError):
    """A place, shape or coordinate cannot be used; the message names what was found and what is wanted."""


class DatumError(GeoError):
    """A coordinate frame is unknown, or does not fit the numbers."""


class FrameError(GeoError):
    """A table does not have the columns or the coordinate system that a function needs."""


class BoundaryError(GeoError):
    """A file of shapes cannot be read."""
