"""Scripts of the browser are checked as they stand: a name that nobody declares would be met only by whoever comes that way."""

import shutil
import subprocess

import pytest

from tests.browser import ROOT

# The parser that node itself is built with. Of each file: names that it reads and neither declares nor finds in a browser.
UNDECLARED = r"""
const acorn = require('internal/deps/acorn/acorn/dist/acorn'), walk = require('internal/deps/acorn/acorn-walk/dist/walk'), fs = require('fs');
const THERE = new Set([...Object.getOwnPropertyNames(globalThis), ...process.argv[1].split(' '), 'undefined', 'arguments']);
for (const file of process.argv.slice(2)) {
  const tree = acorn.parse(fs.readFileSync(file, 'utf8'), {ecmaVersion: 'latest', locations: true, allowReturnOutsideFunction: true}), names = new Set();
  const bind = one => {
    if (!one) return;
    if (one.type === 'Identifier') names.add(one.name);
    for (const part of one.properties || one.elements || []) bind(part && (part.value || part.argument || part));
    bind(one.left || one.argument);
  };
  walk.full(tree, node => {
    if (node.type === 'VariableDeclarator' || /Function|Class/.test(node.type)) bind(node.id);
    (node.params || []).forEach(bind);
    if (node.type === 'CatchClause') bind(node.param);
  });
  walk.full(tree, node => { if (node.type === 'Identifier' && !names.has(node.name) && !THERE.has(node.name)) console.log(`${file}:${node.loc.start.line}: ${node.name}`); });
}
"""
BROWSER = (
    "window document location history addEventListener removeEventListener innerWidth innerHeight devicePixelRatio matchMedia scrollTo getComputedStyle "
    "requestAnimationFrame cancelAnimationFrame localStorage sessionStorage MutationObserver ResizeObserver XMLHttpRequest AudioContext Path2D Image "
    "CSS HTMLElement HTMLInputElement Fangyi deck navigator self print"
)
NODE = ["node", "--expose-internals", "-e"]


def undeclared(*files):
    found = subprocess.run([*NODE, UNDECLARED, BROWSER, *map(str, files)], capture_output=True, text=True, check=True)
    return found.stdout.splitlines()


def can_read():
    """Whether node is here, with its parser where we look for it."""
    ask = [*NODE, "require('internal/deps/acorn/acorn-walk/dist/walk')"]
    return shutil.which("node") is not None and subprocess.run(ask, capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not can_read(), reason="node is not on this machine, or lends its parser no more")
def test_no_script_uses_a_name_that_nobody_declares(tmp_path):
    scripts = [*(ROOT / "assets").glob("*.js"), *(ROOT / "dashboard" / "briefing" / "offline").glob("*.js")]
    assert undeclared(*sorted(scripts)) == []
    wrong = tmp_path / "wrong.js"
    wrong.write_text("const {a, b: [c], ...rest} = d;\nfunction e(f = a) { return [c, rest, f, g]; }\n")
    assert [one.rpartition(": ")[2] for one in undeclared(wrong)] == ["d", "g"]
