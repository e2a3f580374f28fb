"""A synthetic world, written in the providers' own formats and layouts (a *mirror*).

Nothing after the stage ``sources`` knows that it is one. Its truth is known: later tests compare
what the models find with what was put in.

================  ==========================================================
``cities``        cities seen from the air
``districts``     a city of districts: its people, homes, sales and pictures
``formats``       files as the providers would write them
``mirror``        what writes the files of a mirror
``smooth_field``  random fields, from which people and land use are drawn
================  ==========================================================
"""
