"""The 27 classes of the Urban Atlas, merged into the paper's 19 in their four groups."""

from dataclasses import dataclass

UNKNOWN = 0  # value of a land-use raster where no polygon lies
EXCLUDED = 255  # and where the land has a class that the paper leaves out


@dataclass(frozen=True)
class UrbanClass:
    """One of the 19 classes: its name in our tables, in figures, its group and its codes."""

    name: str
    label: str
    group: str
    codes: tuple[str, ...]
    published: bool = True


# Merged on the code, never on the label: labels differ between deliveries ("moors…", "moors?").
# Levy Abitbol & Karsai (2020), Methods; the list itself is in the authors' published code.
URBAN_CLASSES = (
    UrbanClass("continuous", "Continuous fabric", "residential", ("11100",)),
    UrbanClass("dense", "Dense fabric", "residential", ("11210",)),
    UrbanClass("medium", "Medium-density fabric", "residential", ("11220",)),
    UrbanClass("low", "Low-density fabric", "residential", ("11230",)),
    UrbanClass("very_low", "Very-low-density fabric", "residential", ("11240",)),
    UrbanClass("isolated", "Isolated structures", "residential", ("11300",)),
    UrbanClass("commercial_industrial", "Commercial, industrial", "functional", ("12100",)),
    UrbanClass("motorways", "Motorways", "infrastructure", ("12210",)),
    UrbanClass("roads", "Other roads", "infrastructure", ("12220",)),
    UrbanClass("railways", "Railways", "infrastructure", ("12230",)),
    # Too few for a result of their own (deviation `urban_classes`): in the sums, not in the tables.
    UrbanClass("ports", "Ports", "infrastructure", ("12300",), published=False),
    UrbanClass("construction_dump", "Construction, dumps", "functional", ("13100", "13300")),
    UrbanClass("no_use", "Without current use", "no use", ("13400",)),
    UrbanClass("green_urban", "Green urban areas", "functional", ("14100",)),
    UrbanClass("leisure", "Sports and leisure", "functional", ("14200",)),
    UrbanClass(
        "agriculture_wetland",
        "Agriculture, wetland",
        "functional",
        ("21000", "22000", "23000", "24000", "25000", "40000"),
    ),
    UrbanClass("natural", "Natural areas", "nature", ("31000", "32000")),
    UrbanClass("open_space", "Open space, beaches", "nature", ("33000",)),
    UrbanClass("water", "Water", "nature", ("50000",)),
)
EXCLUDED_CODES = {"12400": "Airports", "91000": "No data (clouds)", "92000": "No data"}

NAMES = tuple(urban_class.name for urban_class in URBAN_CLASSES)
# Value of a class in a land-use raster, from 1.
VALUES = {name: number for number, name in enumerate(NAMES, start=1)}
CODE_VALUES = {
    code: VALUES[urban_class.name] for urban_class in URBAN_CLASSES for code in urban_class.codes
} | dict.fromkeys(EXCLUDED_CODES, EXCLUDED)
