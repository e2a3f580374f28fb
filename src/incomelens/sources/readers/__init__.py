"""One tidy table, or image, from each format that providers and users write.

=======================  =================================================================
``filosofi``             INSEE's incomes in cells of 200 m
``income_table``         incomes in cells from a user's own table
``incomes``              readers of incomes in cells, by their name in the configuration
``income_cells``         incomes in cells of any shape and place
``cell_shapes``          the ground of a user's cells
``income_columns``       columns of a user's table of incomes under our names
``grid_ids``             which square of the ground an identifier of the grid names
``tables``               tables of users and providers in the formats of the field
``shapefiles``           whether the files of a shapefile are whole and belong together
``text_tables``          CSV and its kin, in the dialects that programs write
``text_encodings``       the encoding of a text
``workbooks``            sheets of workbooks
``written_values``       numbers, flags and identifiers as people write them
``written_dates``        days as people write them
``land_use``             land use of a city: Urban Atlas, any polygons, any rasters
``categorical_rasters``  rasters of classes as polygons near the cells
``urban_atlas``          land use and boundary of a city
``urban_atlas_names``    which city and year the names in a delivery tell
``points``               annotated points, such as trees
``orthophotos``          which orthophotos there are, and the needed ones unpacked
``ign``                  IGN's archives of orthophotos
``geotiff``              orthophotos as GeoTIFF or JPEG 2000
``raster_headers``       where an image lies and what its pixels are
``companions``           what stands beside an image: its mask, no-data value, place
``dof_sales``            New York's workbooks of sales
``located_sales``        a table of sales with their places
``tax_lots``             where New York's tax lots lie
``photo_tags``           what a photograph's own tags say: place, date, which side is up
``place_tables``         tables that say where photographs were taken, and the files they mean
``street_views``         a folder of photographs with their places
``street_view_api``      Google's Street View Static API, with the user's own key
``embedding_tables``     a row of numbers a cell or district, from an encoder of others
=======================  =================================================================
"""
