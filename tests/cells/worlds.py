"""Small grids of cells and land-use polygons, placed by column and row."""

import geopandas as gpd
import numpy as np
import shapely

CRS = "EPSG:3035"
ORIGIN = (19_000, 14_000)  # column, row of a cell near Lyon


def cell_id(column, row):
    return f"CRS3035RES200mN{200 * (ORIGIN[1] + row)}E{200 * (ORIGIN[0] + column)}"


def box(column, row, width=1.0, height=1.0):
    """Rectangle in units of cells, from its lower-left corner."""
    west, south = 200 * (ORIGIN[0] + column), 200 * (ORIGIN[1] + row)
    return shapely.box(west, south, west + 200 * width, south + 200 * height)


def grid_of(places, **columns):
    """Tidy census grid with one cell at each (column, row)."""
    table = {
        "cell_id": [cell_id(*place) for place in places],
        "individuals": 100.0,
        "households": 40.0,
        "income_sum": 2_000_000.0,
        "imputed": False,
    }
    frame = gpd.GeoDataFrame(table | columns, geometry=[box(*place) for place in places], crs=CRS)
    return frame.astype({"imputed": "boolean"})


def square(width, height):
    return [(column, row) for row in range(height) for column in range(width)]


def boundary_of(*shapes):
    return gpd.GeoDataFrame({"name": ["city"] * len(shapes)}, geometry=list(shapes), crs=CRS)


def land(*rows):
    """Land-use polygons from (identifier, code, geometry)."""
    identifier, code, geometry = zip(*rows, strict=True)
    shapes = np.array(geometry, dtype=object)
    return gpd.GeoDataFrame({"identifier": identifier, "code": code}, geometry=shapes, crs=CRS)
