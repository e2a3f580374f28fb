"""Formulae as MathML, which browsers draw by themselves: no script, no font, no network."""

from typing import Any

from docutils.nodes import SkipNode
from latex2mathml.converter import convert


def _inline(translator: Any, node: Any) -> None:  # noqa: ANN401 - Sphinx hands them over
    translator.body.append(convert(node.astext(), display="inline"))
    raise SkipNode


def _block(translator: Any, node: Any) -> None:  # noqa: ANN401
    translator.body.append(convert(node.astext(), display="block"))
    raise SkipNode


def setup(app: Any) -> dict[str, bool]:  # noqa: ANN401
    """Register as the renderer of all formulae."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
