"""The interactive map: its layers, and what it shows of cities and of districts."""
