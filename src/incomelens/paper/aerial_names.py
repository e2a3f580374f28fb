"""What the aerial study's classes are called, and in which order they stand."""

from incomelens.cells.urban_classes import URBAN_CLASSES

GROUPS = ("residential", "functional", "infrastructure", "nature", "no use")
INCOME_CLASSES = (1, 2, 3, 4, 5)


def classes_by_group() -> dict[str, list[str]]:
    """Names of the 19 classes, by group, in the order of :data:`URBAN_CLASSES`."""
    return {group: [one.name for one in URBAN_CLASSES if one.group == group] for group in GROUPS}


def class_labels() -> dict[str, str]:
    """Labels of the 19 classes in figures and tables."""
    return {one.name: one.label for one in URBAN_CLASSES}
