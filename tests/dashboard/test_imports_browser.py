"""A file under an official's hands: dropped, its columns matched, rehearsed, imported, looked at, taken back."""

import pytest
from sqlalchemy import select

from layers.store import open_store
from layers.store.schema import batch
from tests import city
from tests.browser import chromium, listen, serving, until

ROWS = [
    {
        "编号": "0007",
        "患者姓名": "王五",
        "居住地址": "江岸区春风里3栋",
        "确诊时间": "2020-02-09",
        "病例分类": "确诊（核酸）",
    },
    {
        "编号": "0008",
        "患者姓名": "赵六",
        "居住地址": "江岸区丹水池小区1栋",
        "确诊时间": "2020-02-30",
        "病例分类": "疑似",
    },
]
DROP = """([name, text]) => {
  const files = new DataTransfer();
  files.items.add(new File([text], name));
  document.getElementById('import-drop').dispatchEvent(new DragEvent('drop', {dataTransfer: files, bubbles: true, cancelable: true}));
}"""


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("imports")
    store = city.found(open_store(f"sqlite:///{folder / 'store.db'}", "drill"), folder)
    city.cases(store, folder, "2020-02-10T18:00", {})
    return store


@pytest.fixture(scope="module")
def page(store):
    with chromium(webgl=False) as browser, serving(store.engine.url.render_as_string(hide_password=False)) as address:
        found = browser.new_context(viewport={"width": 1366, "height": 768}).new_page()
        listen(found)
        found.goto(f"{address}/imports?pulse=0&lite=1")
        found.wait_for_selector("#import-drop")
        yield found


def test_a_dropped_file_is_matched_rehearsed_imported_and_taken_back(page, store, tmp_path):
    before = store.revision(store.latest())
    page.evaluate(DROP, ["x.exe", "x"])
    until(page, "document.querySelector('.import-progress.bad')?.innerText.includes('格式不支持')")
    page.evaluate(DROP, ["日报.csv", city.table(tmp_path / "日报.csv", ROWS).read_text()])
    until(page, "!!document.querySelector('.import-map')")
    assert "王五" not in page.locator("#page").inner_text()
    assert page.locator(".import-map .badge", has_text="有把握").count() >= 3
    assert "确诊（核酸）" in page.locator(".import-codes").first.inner_text()

    page.locator(".import-next .primary").click()
    until(page, "!!document.querySelector('.import-preview')")
    said = page.locator(".import-preview").inner_text()
    assert "导入 1 行" in said
    assert "2020-02-30" in said
    assert "确诊" in said
    assert store.revision(store.latest()) == before

    page.locator(".import-commit .primary").click()
    until(page, "!!document.querySelector('.import-receipt')")
    assert store.revision(store.latest()) == before + 1
    assert "0007" in set(city.believed(store, "person")["subject"])

    page.locator(".import-undo-form input").fill("发错了")
    page.locator(".import-undo-form .button").click()
    until(page, "!!document.querySelector('.import-rehearsed .danger')")
    assert store.revision(store.latest()) == before + 1
    page.locator(".import-rehearsed .danger").click()
    until(page, "!!document.querySelector('.import-receipt .undo-table')")
    assert city.believed(store, "person")["subject"].tolist() == ["1"]
    kinds = store.read(select(batch.c.kind).order_by(batch.c.id))["kind"].tolist()
    assert kinds[-2:] == ["import", "undo"]
    assert page.hosts == {"127.0.0.1"}
    assert page.said == []
    assert page.evaluate("window.Fangyi.errors") == []
