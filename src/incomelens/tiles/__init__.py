"""What each census cell looks like from above, and what its land is used for, pixel by pixel.

Levy Abitbol & Karsai (2020), "Aerial, socioeconomic and land-use datasets and their combination":
every 200 m cell gets its aerial image. The paper warps whole orthophotos and then crops; here each
cell is cut straight from the native pixels, with one resampling, and gets the urban class of every
pixel on the same grid.

================  ================================================================================
``plan``          which job cuts which cell from which orthophoto, so that blocks are decoded once
``squares``       the square of ground that the tile of a cell shows
``void``          what of an orthophoto shows no ground
``orthophoto``    one orthophoto, opened: its grid, its pixels, and which of them are void
``mosaic``        a window of native pixels, from as many orthophotos as it touches
``tally``         what of the imagery that a job read is told in its log
``warp``          from native pixels to the cell's own grid
``land_use``      the urban class of every pixel of a cell
``points``        discs around annotated points as a division of a tile's land
``shards``        the job: cells of one shard, written as one Zarr group
``group_file``    a Zarr group written as a stream, whole or not at all
``shard_file``    what such a group holds of cells
``index``         which cell is where, which are kept and why others are not
``store``         reading images and land use by cell
``understood``    what is understood of a city's data before anything runs
``class_shares``  how much of each tile an urban class covers
================  ================================================================================
"""
