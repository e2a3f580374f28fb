"""The page of all configuration keys is the schema's, and says what each key means."""

from incomelens.common.config_reference import CONFIG, Page, config_reference


def test_the_page_is_what_the_schema_makes():
    found = (CONFIG / "README.md").read_text(encoding="utf-8")
    assert found == config_reference(), "make format writes config/README.md anew"


def test_every_key_has_a_meaning():
    rows = [line for line in config_reference().split("\n") if line.startswith("| `")]
    assert len(rows) > 200
    assert not [row for row in rows if row.endswith("|  |")]


def test_a_key_shows_what_it_takes_and_its_default():
    few = {"type": "object", "description": "Few.", "properties": {"b": {"$ref": "#/$defs/size"}}}
    many = few | {"description": "Many.\nIndeed."}
    schema = {
        "description": "All.",
        "properties": {
            "a": {"type": "object", "description": "A.", "properties": {"few": few, "many": many}}
        },
        "$defs": {
            "size": {"description": "Size.", "type": ["number", "null"], "exclusiveMinimum": 0}
        },
    }
    page = Page(schema, {"a": {"few": {"b": 0.5}}})
    page.section(schema)
    assert page.parts == [
        "All.",
        "## `a`",
        "A.",
        "| key | takes | default | meaning |\n|---|---|---|---|\n"
        "| `few` | mapping |  | Few. |\n| `few.b` | number > 0 or null | `0.5` | Size. |",
        "### `a.many`",
        "Many.",
        "Indeed.",
        "| key | takes | meaning |\n|---|---|---|\n| `b` | number > 0 or null | Size. |",
    ]
