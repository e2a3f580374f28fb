"""Make ``config/README.md``: ``python -m incomelens.common.config_reference`` (`make format` does).

Every key is described once, in the schema. The first paragraph of a description stands in a table;
one of several paragraphs, or of many keys, gets a heading of its own.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from incomelens.common.yaml_files import SCHEMAS, read_yaml

Schema = Mapping[str, Any]

CONFIG = SCHEMAS.parents[1] / "config"
ABOUT = (
    "This page is made from the schema by `make format`: change a description there. A dot leads "
    "to a key within a key, `*` stands for a name that you give. Defaults are those of "
    "`config.yaml`; a key without one may be left out, or has a value in every study that needs it."
)
MANY = 5  # keys; an object with more has a heading of its own
NO_DEFAULT = object()


@dataclass
class Page:
    """What is written of one schema: sections with a heading, prose and rows of keys.

    Parameters
    ----------
    schema : mapping
        JSON Schema.
    defaults : mapping
        The configuration that the defaults are taken from.
    """

    schema: Schema
    defaults: Mapping[str, Any]
    parts: list[str] = field(default_factory=list)

    def section(self, node: Schema, path: str = "", level: int = 2) -> None:
        """Write an object: its prose, a table of its keys, then the objects that have a heading."""
        if path:
            self.parts.append(f"{'#' * level} `{path}`")
        self.parts += node["description"].split("\n")
        apart: list[tuple[str, Schema]] = []
        # At the top every object has a heading; within one, its keys are written without its path.
        rows = list(self._rows(node, path, "", apart, top=not path))
        with_default = any(default for _, _, default, _ in rows)
        heads = ["key", "takes", *["default"] * with_default, "meaning"]
        lines = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
        for key, takes, default, meaning in rows:
            cells = [f"`{key}`", takes, *[default] * with_default, meaning]
            lines.append("| " + " | ".join(cells) + " |")
        if rows:
            self.parts.append("\n".join(lines))
        for where, inside in apart:
            self.section(inside, where, level=2 if not path else 3)

    def _rows(
        self, node: Schema, path: str, key: str, apart: list[tuple[str, Schema]], *, top: bool
    ) -> Iterator[tuple[str, str, str, str]]:
        for name, child in self._children(node):
            where = f"{path}.{name}" if path else name
            label = f"{key}.{name}" if key else name
            is_object = any(True for _ in self._children(child))
            meaning = child.get("description", "")
            many = len(child.get("properties", ())) > MANY or "\n" in meaning
            # Where all keys are names that the user gives, those within them stand here.
            is_family = name == "*" and "properties" not in node
            if is_object and not is_family and (top or many):
                apart.append((where, child))
                continue
            if name != "*":
                yield label, self._takes(child), self._default(where), meaning
            yield from self._rows(child, where, label, apart, top=False)

    def _children(self, node: Schema) -> Iterator[tuple[str, Schema]]:
        if "string" in node.get("type", ()):  # or a mapping in its stead: prose tells of that
            return
        for name, child in node.get("properties", {}).items():
            yield name, self._resolved(child)
        family = node.get("additionalProperties")
        if isinstance(family, Mapping) and "properties" in self._resolved(family):
            yield "*", self._resolved(family)

    def _resolved(self, node: Schema) -> Schema:
        if "$ref" not in node:
            return node
        target = self.schema["$defs"][node["$ref"].removeprefix("#/$defs/")]
        return {**self._resolved(target), **{key: node[key] for key in node if key != "$ref"}}

    def _takes(self, node: Schema) -> str:
        """What a value may be, in words."""
        node = self._resolved(node)
        for alternatives in (node.get("anyOf"), node.get("oneOf")):
            if alternatives:
                return " or ".join(map(self._takes, alternatives))
        if "enum" in node or "const" in node:
            return ", ".join(f"`{_yaml(value)}`" for value in node.get("enum", [node.get("const")]))
        kinds = [node["type"]] if isinstance(node["type"], str) else node["type"]
        return " or ".join(self._kind(kind, node) for kind in kinds)

    def _kind(self, kind: str, node: Schema) -> str:
        if kind == "array":
            inner = self._takes(node["items"])
            return f"list of ({inner})" if " or " in inner else f"list of {inner}"
        if kind in ("integer", "number"):
            return f"{kind} {_bounds(node)}".strip()
        return {"string": "text", "object": "mapping", "boolean": "true, false"}.get(kind, kind)

    def _default(self, path: str) -> str:
        value: Any = self.defaults
        for key in path.split("."):
            value = value.get(key, NO_DEFAULT) if isinstance(value, Mapping) else NO_DEFAULT
        return "" if value is NO_DEFAULT or isinstance(value, Mapping) else f"`{_yaml(value)}`"


def _bounds(node: Schema) -> str:
    """Say the bounds of a number, such as ``0 to 1`` or ``> 0, ≤ 100``."""
    if "minimum" in node and "maximum" in node:
        return f"{node['minimum']} to {node['maximum']}"
    signs = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    return ", ".join(f"{sign} {node[bound]}" for bound, sign in signs.items() if bound in node)


def _yaml(value: object) -> str:
    return (
        yaml.safe_dump(value, default_flow_style=True, width=10_000).removesuffix("...\n").strip()
    )


def config_reference() -> str:
    """Text of ``config/README.md``, in Markdown."""
    schema = read_yaml(SCHEMAS / "config.schema.yaml")
    defaults = yaml.safe_load((CONFIG / "config.yaml").read_text(encoding="utf-8"))
    page = Page(schema, defaults, ["# Configuration", ABOUT])
    page.section(schema)
    sources = Page(read_yaml(SCHEMAS / "sources.schema.yaml"), {}, ["## Registries of `sources`"])
    sources.section(sources.schema)
    return "\n\n".join([*page.parts, *sources.parts]) + "\n"


if __name__ == "__main__":
    (CONFIG / "README.md").write_text(config_reference(), encoding="utf-8")
