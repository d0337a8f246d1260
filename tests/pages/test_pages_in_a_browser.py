"""Pages in a real Chromium: sorting, filtering, the slider, printing, dark and narrow."""

from __future__ import annotations

import pytest
from conftest import dump, printed
from test_pages import items

import qeclose
from qeclose.pages.batch import batch_page
from qeclose.pages.verdict import explanation_page
from qeclose.support.families import lu


def page() -> str:
    return explanation_page(qeclose.explain(lu(2), timeout=60))


def test_the_slider_moves_the_product_towards_a_while_the_norms_grow(run_in_page):
    said = run_in_page(
        page(),
        """
        const slider = document.querySelector("input[type=range]"), said = document.querySelector("output"), told = [];
        for (const value of [1, 3]) {
          slider.value = value; slider.dispatchEvent(new Event("input"));
          told.push([said.textContent, document.querySelector("td[data-entry='0,0']").textContent]);
        }
        result = told
        """,
    )
    assert said == [
        ["t = 0.1: ‖A − XYᵀ‖ = 0.1, ‖X‖ = 1.4177, ‖Y‖ = 14.177", "0.1"],
        ["t = 0.001: ‖A − XYᵀ‖ = 0.001, ‖X‖ = 1.4142, ‖Y‖ = 1414.2", "0.001"],
    ]


def test_nothing_is_left_of_the_slider_without_scripts(chromium, tmp_path):
    file = tmp_path / "page.html"
    file.write_text(page().replace("script-src ", "connect-src ", 1), "utf-8")
    found = dump(chromium, tmp_path, file)
    assert 'class="scripted"' not in found  # so that the style sheet hides what would need a script
    assert "1414" in found


def test_the_table_of_a_batch_sorts_both_ways_and_filters(run_in_page):
    said = run_in_page(
        batch_page(items(12), {}, "12 items"),
        """
        const first = () => document.querySelector("tbody tr:not([hidden]) td:nth-child(8)").textContent;
        const button = [...document.querySelectorAll("th button")].find(b => b.textContent === "seconds");
        const told = [];
        button.click(); told.push(first(), button.closest("th").getAttribute("aria-sort"));
        button.click(); told.push(first(), button.closest("th").getAttribute("aria-sort"));
        const wanted = document.querySelector("#wanted");
        wanted.value = "11.txt"; wanted.dispatchEvent(new Event("input"));
        told.push(document.querySelector("#count").textContent);
        document.querySelector("#verdict").value = ""; result = told
        """,
    )
    assert said == ["0.000", "ascending", "1.571", "descending", "1 of 12 shown"]


def test_only_as_many_rows_as_one_sees_are_laid_out_and_all_are_sorted_filtered_and_printed(run_in_page):
    said = run_in_page(
        batch_page(items(1000), {}, "1000 items"),
        """
        const there = () => document.querySelectorAll("tbody tr").length;
        const last = () => document.querySelector("tbody tr:last-child td").textContent;
        const told = [there()];
        document.querySelector("#more").click(); told.push(there());
        document.querySelector("th button").click(); document.querySelector("th button").click();
        told.push(there(), document.querySelector("tbody td").textContent);
        const wanted = document.querySelector("#wanted");
        wanted.value = "99.txt"; wanted.dispatchEvent(new Event("input"));
        told.push(there(), document.querySelector("#count").textContent, document.querySelector("#more").hidden);
        wanted.value = ""; wanted.dispatchEvent(new Event("input"));
        dispatchEvent(new Event("beforeprint")); told.push(there());
        result = told
        """,
    )
    names = sorted(row.item.title for row in items(1000))
    ending = sum(name.endswith("99.txt") for name in names)
    assert said == [100, 200, 100, names[-1], ending, f"{ending} of 1000 shown", True, 1000]


@pytest.mark.slow
def test_a_page_follows_dark_and_light_and_does_not_scroll_sideways_when_narrow(run_in_page):
    script = """
      result = [getComputedStyle(document.body).backgroundColor,
                document.documentElement.scrollWidth <= document.documentElement.clientWidth,
                matchMedia("(prefers-color-scheme: dark)").matches]
    """
    light = run_in_page(page(), script, "--window-size=500,900", "--blink-settings=preferredColorScheme=1")
    dark = run_in_page(page(), script, "--window-size=500,900", "--blink-settings=preferredColorScheme=0")
    assert light == ["rgb(255, 255, 255)", True, False]
    assert dark == ["rgb(13, 17, 23)", True, True]


def test_no_script_of_a_file_runs_and_the_policy_refuses_what_is_put_in(chromium, tmp_path):
    file = tmp_path / "page.html"
    file.write_text(page().replace("</body>", "<script>document.title = 'taken'</script></body>"), "utf-8")
    assert "<title>taken" not in dump(chromium, tmp_path, file)


def test_a_page_prints(chromium, tmp_path):
    file, target = tmp_path / "page.html", tmp_path / "page.pdf"
    file.write_text(page(), "utf-8")
    printed(chromium, tmp_path, file, f"--print-to-pdf={target}")
    assert target.read_bytes().startswith(b"%PDF")
