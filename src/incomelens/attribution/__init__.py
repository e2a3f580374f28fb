"""What the network looks at when it judges a place poor or rich.

Levy Abitbol & Karsai (2020), "Guided Grad-CAM": saliency maps of the poorest and the richest class,
summed over the urban classes of each tile as soon as they are made.
"""
