"""Renders an OpenAPI document as one page of HTML without scripts: it works offline, and on paper."""

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

Node = Mapping[str, Any]
"""An object of an OpenAPI document."""

_STYLE: Final = """
:root { color-scheme: light dark; --line: #8884; --soft: #8882; --strong: #b4326e; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { margin-bottom: 0; }
h2 { margin-top: 3rem; border-top: 1px solid var(--line); padding-top: 1rem; font-size: 1.2rem; }
h3 { font-size: 1rem; margin-bottom: .25rem; }
code, pre { font: 14px/1.45 ui-monospace, monospace; background: var(--soft); border-radius: 3px; }
code { padding: .1em .3em; overflow-wrap: anywhere; }
pre { padding: .75rem; overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem .3rem 0; }
tr { border-bottom: 1px solid var(--line); }
.method { color: var(--strong); font-weight: 700; }
.muted { opacity: .7; }
nav ul { list-style: none; padding: 0; }
@media print { h2, h3 { break-after: avoid; } pre, table { break-inside: avoid; } nav { display: none; } }
"""
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


def install_docs_page(app: FastAPI, *, path: str = "/docs") -> None:
    """Serve the page of the application's own document."""

    async def read_docs(_request: Request) -> Response:
        return HTMLResponse(
            render_docs_page(app.openapi()),
            headers={
                "Content-Security-Policy": _POLICY,
                "Cache-Control": "no-cache",
            },
        )

    app.add_route(path, read_docs, methods=["GET"], include_in_schema=False)


def render_docs_page(document: Node) -> str:
    """The whole document, readable from top to bottom."""
    page = _Page(document)
    info = document["info"]
    return "\n".join(
        (
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(info['title'])}</title><style>{_STYLE}</style></head><body>",
            f"<h1>{escape(info['title'])}</h1>",
            f'<p class="muted">Version {escape(info["version"])};',
            'for programs: <a href="/openapi.json">openapi.json</a></p>',
            _prose(info.get("description", "")),
            *page.render_contents(),
            *page.render_operations(),
            "</body></html>",
        )
    )


class _Page:
    def __init__(self, document: Node) -> None:
        self._document = document

    def render_contents(self) -> Iterator[str]:
        yield "<nav><ul>"
        for method, path, operation in self._operations():
            yield (
                f'<li><a href="#{escape(operation["operationId"])}"><span class="method">{method}</span> '
                f"<code>{escape(path)}</code></a> {escape(operation.get('summary', ''))}</li>"
            )
        yield "</ul></nav>"

    def render_operations(self) -> Iterator[str]:
        for method, path, operation in self._operations():
            yield (
                f'<h2 id="{escape(operation["operationId"])}"><span class="method">{method}</span> '
                f"<code>{escape(path)}</code></h2>"
            )
            yield f"<p><strong>{escape(operation.get('summary', ''))}</strong></p>"
            yield _prose(operation.get("description", ""))
            yield from self._render_inputs(operation)
            yield from self._render_body(operation.get("requestBody", {}).get("content", {}))
            for status, response in operation["responses"].items():
                yield from self._render_response(status, response)

    def _operations(self) -> Iterator[tuple[str, str, Node]]:
        for path, operations in self._document["paths"].items():
            for method, operation in operations.items():
                yield method.upper(), path, operation

    def _render_inputs(self, operation: Node) -> Iterator[str]:
        rows = [
            (
                f"<code>{escape(item['name'])}</code>",
                f"{item['in']}, {self._name_type(item['schema'])}"
                + (", required" if item.get("required") else ""),
                _inline(item.get("description", "")),
            )
            for item in operation.get("parameters", ())
        ]
        schemes = self._document.get("components", {}).get("securitySchemes", {})
        for name in dict.fromkeys(name for choice in operation.get("security", ()) for name in choice):
            scheme = schemes[name]
            rows.append(
                (
                    f"<code>{escape(scheme.get('name', name))}</code>",
                    escape(scheme.get("in", scheme["type"])),
                    _inline(scheme.get("description", "")),
                )
            )
        if rows:
            yield "<h3>Parameters</h3>"
            yield _table(rows)

    def _render_body(self, content: Node) -> Iterator[str]:
        """Media types that hold the same fields, together."""
        media_types: dict[str, list[str]] = {}
        for media_type, body in content.items():
            media_types.setdefault(json.dumps(body.get("schema", {})), []).append(media_type)
        for schema, names in media_types.items():
            yield f"<h3>Body: {escape(' or '.join(names))}</h3>"
            yield from self._render_fields(self._resolve(json.loads(schema)))

    def _render_response(self, status: str, response: Node) -> Iterator[str]:
        phrase = HTTPStatus(int(status)).phrase
        yield f"<h3>{escape(status)} {escape(phrase)}</h3><p>{_inline(response.get('description', ''))}</p>"
        if int(status) >= 400:
            return  # All of one shape, shown once in the introduction.
        for media_type, content in response.get("content", {}).items():
            if media_type != "application/json":
                yield f"<p><code>{escape(media_type)}</code></p>"
                continue
            example = json.dumps(self._build_example(content["schema"]), indent=2, ensure_ascii=False)
            yield f"<pre>{escape(example)}</pre>"

    def _render_fields(self, schema: Node) -> Iterator[str]:
        required = schema.get("required", ())
        yield _table(
            (
                f"<code>{escape(name)}</code>",
                self._name_type(field) + (", required" if name in required else ""),
                _inline(self._resolve(field).get("description", field.get("description", ""))),
            )
            for name, field in schema.get("properties", {}).items()
        )

    def _resolve(self, schema: Node) -> Node:
        while "$ref" in schema:
            schema = self._document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
        return schema

    def _name_type(self, schema: Node) -> str:
        schema = self._resolve(schema)
        if "anyOf" in schema:
            choices = (choice for choice in schema["anyOf"] if choice.get("type") != "null")
            return " or ".join(self._name_type(choice) for choice in choices)
        if "enum" in schema:
            return ", ".join(f"<code>{escape(str(choice))}</code>" for choice in schema["enum"])
        bounds = (
            f" {schema['minimum']}…{schema['maximum']}" if {"minimum", "maximum"} <= schema.keys() else ""
        )
        return escape(schema.get("format") or schema.get("type") or "anything") + bounds

    def _build_example(self, schema: Node) -> object:
        """An example of a value, from the examples of its parts."""
        schema = {**self._resolve(schema), **{key: value for key, value in schema.items() if key != "$ref"}}
        if "examples" in schema:
            return schema["examples"][0]
        for fixed in ("const", "default"):
            if schema.get(fixed) is not None:
                return schema[fixed]
        if "anyOf" in schema:
            return self._build_example(schema["anyOf"][0])
        if schema.get("type") == "array":
            return [self._build_example(schema["items"])] if "items" in schema else []
        if schema.get("type") == "object":
            return {name: self._build_example(field) for name, field in schema.get("properties", {}).items()}
        return {"integer": 1, "number": 0.5, "boolean": True}.get(schema.get("type", ""), "text")


def _table(rows: Iterable[tuple[str, ...]]) -> str:
    lines = ("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return "<table>" + "".join(lines) + "</table>"


def _prose(text: str) -> str:
    """Paragraphs and indented examples; descriptions use no more of Markdown than that and backticks."""
    blocks = re.split(r"\n\s*\n", text.strip("\n"))
    return "\n".join(
        f"<pre>{escape(block)}</pre>" if block.startswith("    ") else f"<p>{_inline(block)}</p>"
        for block in blocks
        if block.strip()
    )


def _inline(text: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text, quote=False))
