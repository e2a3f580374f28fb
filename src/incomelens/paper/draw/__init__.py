"""How figures look and what several of them draw alike: style, maps, grids, dots, classes."""
