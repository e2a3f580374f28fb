"""Cities seen from the air, which the aerial study reads.

=============  ==================================================
``plan``       streets, blocks and the centre of a city
``corridors``  motorway, railway, river or inlets of the sea
``use``        the land use of every block
``people``     who lives in which cell and what they earn
``objects``    roofs, trees, cars: what stands on a block
``traffic``    what moves on the streets
``painter``    colours and shapes on pixels
``picture``    the orthophoto of a city
``city``       the city as a whole
``archives``   its files, packed as the providers pack them
``mirror``     the mirror folder of all cities
=============  ==================================================
"""
