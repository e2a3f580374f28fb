"""Small photographs with tags of all sorts."""

from PIL import ExifTags, Image

TAGS = ExifTags.GPS
PLACE = {
    TAGS.GPSLatitudeRef: "S",
    TAGS.GPSLatitude: (33.0, 30.0, 36.0),
    TAGS.GPSLongitudeRef: "W",
    TAGS.GPSLongitude: (70.0, 45.0, 0.0),
    TAGS.GPSImgDirection: 90.0,
}


def photograph(path, *, size=(40, 30), colour=(10, 200, 30), gps=None, orientation=None, date=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    exif = Image.Exif()
    if gps is not None:
        exif[ExifTags.IFD.GPSInfo] = gps
    if orientation is not None:
        exif[ExifTags.Base.Orientation] = orientation
    if date is not None:
        exif[ExifTags.IFD.Exif] = {ExifTags.Base.DateTimeOriginal: date}
    Image.new("RGB", size, colour).save(path, exif=exif)
    return path
