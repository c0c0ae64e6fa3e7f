"""explore: the page of a model, played in a real browser; what is drawn is what the command line computes."""

from __future__ import annotations

import shlex
import urllib.error
import urllib.request
from threading import Thread

import numpy as np
import pytest
from chromium import READY, browser, complaints, emulate, requests, resize
from cli.conftest import run_in

import posectl as library

REST = "const done = arguments[arguments.length - 1]; setTimeout(() => requestAnimationFrame(() => done(true)), 400);"


@pytest.fixture(scope="module")
def shown(store_with_a_model, tmp_path_factory):
    """The store's page of two models, opened from disk, and the folder where the browser saves files."""

    folder = tmp_path_factory.mktemp("explore")
    import shutil

    shutil.copytree(store_with_a_model, folder, dirs_exist_ok=True)
    plain = run_in(folder, "train", "poses", "--steps", "20", "--set", "mlp.widths=16", "--name", "plain")
    assert plain.code == 0, plain.err
    made = run_in(folder, "explore", "acai", "plain", "-o", "page.html", "--json")
    assert made.code == 0, made.err
    assert made.json["models"] == ["acai:v1", "plain:v1"]
    with browser(folder) as driver:
        driver.get((folder / "page.html").as_uri())
        assert driver.execute_async_script(READY) is True
        yield driver, folder


def drawn(driver):
    """The sample that each panel shows, and the names of the panels."""
    driver.execute_async_script(REST)
    return driver.execute_script("return e.series.map((each) => [each.name, Array.from(each.sample), each.n])")


def saved(folder, name):
    import time

    for _ in range(100):
        files = sorted(folder.glob(f"{name.split('.')[0]}*.{name.split('.')[1]}"), key=lambda f: f.stat().st_mtime)
        if files and not list(folder.glob("*.crdownload")) and files[-1].stat().st_size:
            return files[-1]
        time.sleep(0.1)
    raise AssertionError(f"{name} was not saved")


def test_the_page_asks_for_nothing_and_complains_of_nothing(shown):
    driver, folder = shown
    driver.get((folder / "page.html").as_uri())
    assert driver.execute_async_script(READY) is True
    drawn(driver)
    assert [each for each in requests(driver) if not each.startswith(("file:", "blob:"))] == []
    assert complaints(driver) == []


def test_joints_and_the_saved_path_are_those_of_the_copied_command(shown):

    driver, folder = shown
    driver.execute_script("e.pick(5); e.choose(1); e.pick(40); e.alpha = 0.25;")
    panels = drawn(driver)
    command = driver.execute_script("return e.exports.commandLine()")
    assert command.startswith("posectl interpolate 'poses:v1#5' 'poses:v1#40' --model acai:v1")
    made = run_in(folder, *shlex.split(command)[1:])
    assert made.code == 0, made.err
    paths = library.open(folder / "artifacts", quiet=True)[made.out.strip()].array
    np.testing.assert_allclose(np.reshape(panels[0][1], (17, 3)), paths[0, 12], atol=1e-4)  # 12 of 48 is a quarter
    driver.execute_script("e.exports.savePath()")
    np.testing.assert_allclose(np.load(saved(folder, "path.npy"), allow_pickle=False), paths, atol=1e-4)


def test_a_dragged_end_is_saved_as_codes_that_the_command_line_takes(shown):
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.by import By

    driver, folder = shown
    before = driver.execute_script("e.choose(0); e.pick(5); e.alpha = 0; return e.models[0].code(e.ends[0]).join()")
    over = driver.find_element(By.CSS_SELECTOR, "canvas.over")
    ActionChains(driver).move_to_element_with_offset(over, 40, 30).click_and_hold().move_by_offset(
        25, 10
    ).release().perform()
    panels = drawn(driver)
    assert driver.execute_script("return e.models[0].code(e.ends[0]).join()") != before
    assert "--codes ends.npy" in driver.execute_script("return e.exports.commandLine()")
    driver.execute_script("e.exports.saveEnds()")
    made = run_in(folder, "interpolate", "--codes", saved(folder, "ends.npy").name, "--model", "acai", "--steps", "49")
    assert made.code == 0, made.err
    paths = library.open(folder / "artifacts", quiet=True)[made.out.strip()].array
    np.testing.assert_allclose(np.reshape(panels[0][1], (17, 3)), paths[0, 0], atol=1e-4)


def test_a_place_on_the_map_has_the_mean_code_of_the_samples_around_it_on_the_sphere(shown):
    driver, _ = shown
    found = driver.execute_script("""
      e.choose(0); e.drag({ x: 0.1, y: -0.05 });
      const { rows, weights } = e.ends[0];
      const { codes } = e.models[0], own = e.models[0].code(e.ends[0]);
      return [rows, weights, Array.from(codes), Array.from(own), Array.from(e.map.places)];
    """)
    rows, weights = np.array(found[0]), np.array(found[1])
    codes, places = np.reshape(found[2], (-1, 8)), np.reshape(found[4], (-1, 2))
    far = np.linalg.norm(places - [0.1, -0.05], axis=1)
    np.testing.assert_array_equal(np.sort(rows), np.sort(np.argsort(far)[:8]))
    np.testing.assert_allclose(weights, (1 / far[rows] ** 2) / (1 / far[rows] ** 2).sum(), rtol=1e-2)
    mean = weights @ codes[rows]
    np.testing.assert_allclose(found[3], mean / np.linalg.norm(mean), atol=1e-6)


def test_beside_draws_a_place_on_the_map_has_the_codes_of_samples(shown):
    driver, _ = shown
    rows, count, places, code = driver.execute_script("""
      e.showDraws(true);
      const draws = e.map.places.length / 2 - e.count, at = e.map.places.slice(-2);
      e.choose(0);
      e.drag({ x: at[0], y: at[1] });
      const found = [e.ends[0].rows, e.count, draws, Array.from(e.models[0].code(e.ends[0]))];
      e.showDraws(false);
      return found;
    """)
    assert places > 0
    assert max(rows) < count
    assert np.linalg.norm(code) == pytest.approx(1, abs=1e-6)


def test_on_a_slow_machine_every_model_has_its_turn_while_an_end_is_dragged(shown):
    driver, folder = shown
    turns, lengths, settled = driver.execute_async_script("""
      const done = arguments[arguments.length - 1], turns = e.series.map(() => 0);
      const slow = (each, i) => {
        const follow = each.follow.bind(each);
        each.follow = (...given) => {
          const started = performance.now();
          while (performance.now() - started < 5) { /* as long as a slow machine takes */ }
          turns[i]++;
          follow(...given);
        };
      };
      [...e.series, e.measures].forEach((each, i) => { if (!i) turns.push(0); slow(each, i); });
      let frame = 0;
      const next = () => {
        if (frame++ < 30) {
          e.drag({ x: 0.1 * Math.cos(frame), y: 0.1 * Math.sin(frame) });
          requestAnimationFrame(next);
          return;
        }
        const told = () => [turns, e.series.map(({ n }) => n), e.series.every((each) => each.follows())];
        setTimeout(() => done(told()), 1000);
      };
      requestAnimationFrame(next);
    """)
    assert min(turns[:3]) >= 8, turns  # two models and what is measured take turns over 30 frames
    assert settled
    assert lengths == [49, 49]
    driver.get((folder / "page.html").as_uri())
    assert driver.execute_async_script(READY) is True


def test_the_best_weights_belong_to_the_command(shown):
    driver, folder = shown
    made = run_in(folder, "explore", "acai", "--weights", "best", "-o", "best.html", "--force")
    assert made.code == 0, made.err
    driver.get((folder / "best.html").as_uri())
    assert driver.execute_async_script(READY) is True
    assert driver.execute_script("return e.exports.commandLine()").endswith(" --weights best")
    driver.get((folder / "page.html").as_uri())
    assert driver.execute_async_script(READY) is True


def test_keys_alone_play_it(shown):
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    driver, _ = shown
    over = driver.find_element(By.CSS_SELECTOR, "canvas.over")
    over.send_keys("b")
    assert driver.execute_script("return e.active") == 1
    before = driver.execute_script("return e.endPlaces()[1]")
    over.send_keys(Keys.ARROW_RIGHT, Keys.ARROW_UP)
    after = driver.execute_script("return e.endPlaces()[1]")
    assert after["x"] > before["x"]
    assert after["y"] > before["y"]
    over.send_keys(" ")
    assert driver.execute_script("return e.playing") is True
    over.send_keys(" ")
    turned = driver.execute_script("return e.camera.yaw")
    driver.find_element(By.CSS_SELECTOR, "canvas.sample").send_keys(Keys.ARROW_LEFT)
    assert driver.execute_script("return e.camera.yaw") < turned
    unnamed = driver.execute_script("""
      const named = (each) => each.textContent || each.ariaLabel || each.closest("label")?.textContent;
      const all = [...document.querySelectorAll("button, select, input, canvas:not(.layer), canvas.over")];
      return all.filter((each) => !named(each)).length;
    """)
    assert unnamed == 0


def test_a_number_of_the_code_moves_it_along_the_sphere(shown):
    driver, _ = shown
    before, after = driver.execute_script("""
      const model = e.models[0], code = model.code(e.ends[0]);
      return [Array.from(code), Array.from(model.moved(code, 2, 0.6))];
    """)
    assert after[2] == 0.6
    assert np.linalg.norm(after) == pytest.approx(1, abs=1e-6)
    others = np.delete(before, 2), np.delete(after, 2)
    np.testing.assert_allclose(others[1] / np.linalg.norm(others[1]), others[0] / np.linalg.norm(others[0]), atol=1e-6)


@pytest.mark.parametrize("width", [390, 1440, 2560])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_every_width(shown, width, scheme):
    driver, _ = shown
    resize(driver, width, 1000)
    emulate(driver, prefers_color_scheme=scheme)
    drawn(driver)
    assert driver.execute_script("return document.documentElement.scrollWidth") <= width
    background = driver.execute_script("return getComputedStyle(e.root).backgroundColor")
    assert (background == "rgb(20, 23, 29)") == (scheme == "dark")


def test_without_webgl_the_points_are_there_too(shown):
    _, folder = shown
    with browser(webgl=False) as driver:
        driver.get((folder / "page.html").as_uri())
        assert driver.execute_async_script(READY) is True
        driver.execute_async_script(REST)
        drawn = """
            const { width, height } = e.points, pixels = e.points.getContext("2d").getImageData(0, 0, width, height);
            return [!e.map.gl, pixels.data.some((each) => each > 0)];
        """
        assert driver.execute_script(drawn) == [True, True]
        assert complaints(driver) == []


def test_a_page_is_served_here_alone_and_only_to_its_own_address():
    from posectl.api.pages import Page

    server = Page("<!doctype html>words").server()
    Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    try:
        assert server.server_address[0] == "127.0.0.1"
        assert urllib.request.urlopen(f"{address}/").read() == b"<!doctype html>words"
        for path, headers in (("/etc/passwd", {}), ("/..%2f", {}), ("/", {"Host": "evil.example"}),
                              ("/", {"Origin": "http://evil.example"})):  # fmt: skip
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(urllib.request.Request(address + path, headers=headers))
            assert refused.value.code in (403, 404)
    finally:
        server.shutdown()
        server.server_close()


def test_bad_input_has_a_sentence(trained, tmp_path):
    assert "should end in .html" in trained("explore", "-o", "page.txt").err
    assert trained("explore", "-o", "page.html", "--points", "1").code == 2
    (tmp_path / "there.html").write_text("mine")
    assert trained("explore", "-o", "there.html").code == 7
    assert (tmp_path / "there.html").read_text() == "mine"
    assert trained("explore", "nosuch", "-o", "page.html").code == 3
    assert trained("interpolate", "poses#1", "poses#2", "--codes", "x.npy").code == 2
    np.save(tmp_path / "c.npy", np.zeros((2, 5)))
    assert "has 8 numbers" in trained("interpolate", "--codes", "c.npy").err


def test_without_its_dataset_a_page_shows_draws_and_says_so(trained, tmp_path):
    assert trained("store", "rm", "poses", "--force").code == 0
    made = trained("explore", "acai", "-o", "page.html")
    assert made.code == 0, made.err
    assert "draws from the prior, and nothing real" in made.err


def test_an_attributes_slider_gives_the_code_that_apply_gives(shown, tmp_path):
    driver, folder = shown
    fitted = run_in(folder, "attribute", "fit", "acai", "--label", "clip", "--name", "clips", "--force")
    if fitted.code:
        pytest.skip(fitted.err)  # the small dataset has no labels
    name = fitted.out.strip()
    made = run_in(folder, "explore", "acai", "--attribute", name, "-o", "sliders.html", "--force")
    assert made.code == 0, made.err
    driver.get((folder / "sliders.html").as_uri())
    assert driver.execute_async_script(READY) is True
    code, base, direction = driver.execute_script("""
      e.pick(5); e.setEnd({ ...e.ends[0], amounts: new Map([[0, 2]]) });
      const model = e.models[0], { direction } = model.attributes[0];
      return [model.code(e.ends[0]), model.base(e.ends[0]), direction].map((each) => Array.from(each));
    """)
    moved = np.array(base) + 2 * np.array(direction)
    np.testing.assert_allclose(code, moved / np.linalg.norm(moved), atol=1e-6)


WIDGET = """
    const done = arguments[arguments.length - 1], values = { data: arguments[0], state: {} };
    const el = document.body.appendChild(document.createElement("div"));
    const model = { get: (key) => values[key], set: (key, value) => { values[key] = value; }, save_changes: () => {} };
    widget.render({ model, el }).then(() => setTimeout(() => done([values.state, !!el.querySelector("canvas")]), 600));
"""


def test_a_notebooks_widget_says_which_pair_it_shows(shown):
    pytest.importorskip("anywidget")
    driver, folder = shown
    lab = library.open(folder / "artifacts", quiet=True)
    page = lab.explore("acai")
    assert page.pair == {}
    text = page.widget._esm.replace("export default {", "globalThis.widget = {")
    (folder / "widget.html").write_text(f'<meta charset="utf-8"><script type="module">{text}</script>')
    driver.get((folder / "widget.html").as_uri())
    state, is_drawn = driver.execute_async_script(WIDGET, page.widget.data)
    driver.get((folder / "page.html").as_uri())
    assert driver.execute_async_script(READY) is True
    assert is_drawn
    assert state["alpha"] == 0.5
    codes = lab["acai"].encode(lab["poses"].samples[state["samples"]])
    np.testing.assert_allclose(state["codes"][0], codes, atol=1e-4)


def test_hostile_names_are_words(tmp_path, people):
    names = [
        "<script>globalThis.ran = 1</script>",
        "<img src=x onerror='globalThis.ran = 1'>",
        "\x1b[31mred\u202e",
        "x" * 10_000,
    ]
    actions = np.array(names * 75)
    np.savez(tmp_path / "poses.npz", positions=people, action=actions, clip=np.arange(300) // 75, frame=np.arange(300))
    assert run_in(tmp_path, "prepare", "arrays", "poses.npz", "--name", "poses").code == 0
    assert run_in(tmp_path, "train", "poses", "--steps", "5", "--set", "mlp.widths=8", "--name", "m").code == 0
    for command in (("explore", "m", "-o", "page.html"), ("report", "m", "-o", "report.html")):
        made = run_in(tmp_path, *command)
        assert made.code == 0, made.err
        assert "\x1b" not in (tmp_path / command[-1]).read_text()
    with browser() as driver:
        for name in ("page.html", "report.html"):
            driver.get((tmp_path / name).as_uri())
            assert driver.execute_async_script(READY) is True
            driver.execute_async_script(REST)
            assert driver.execute_script("return globalThis.ran === undefined") is True
            assert driver.execute_script("return document.documentElement.scrollWidth <= innerWidth") is True
        assert complaints(driver) == []
        driver.get((tmp_path / "page.html").as_uri())
        assert driver.execute_async_script(READY) is True
        legend = driver.execute_script("return e.legend.textContent")
        assert "<script>" in legend
        assert "\x1b" not in legend
        assert max(driver.execute_script("return [...e.legend.children].map((each) => each.textContent.length)")) <= 60


def test_draws_are_those_of_a_model_that_shapes_them(shown):
    _, folder = shown
    made = run_in(
        folder, "train", "poses", "--steps", "20", "--set", "mlp.widths=16", "--latent", "4", "--reg", "density",
        "--name", "dense",
    )  # fmt: skip
    assert made.code == 0, made.err
    assert run_in(folder, "explore", "dense", "-o", "dense.html").code == 0
    with browser(folder) as driver:
        driver.get((folder / "dense.html").as_uri())
        assert driver.execute_async_script(READY) is True
        drawn, packed = driver.execute_script("""
          e.drawEnd();
          return [Array.from(e.models[0].code(e.ends[e.active])), Array.from(e.models[0].draws)];
        """)
    packed = np.reshape(packed, (-1, 4))
    assert np.abs(packed - drawn).max(axis=1).min() == 0
    lab = library.open(folder / "artifacts", quiet=True)
    codes = lab["dense"].encode(lab["poses"].samples[:2000])
    # They gather where the codes do, which the sphere's uniform draws, of mean 0, do not.
    assert np.linalg.norm(packed.mean(0) - codes.mean(0)) < 0.3 * np.linalg.norm(codes.mean(0))


def test_the_class_in_the_code_of_a_model_that_is_told_labels_can_be_chosen(tmp_path):
    from PIL import Image

    rng = np.random.default_rng(0)
    for i in range(36):
        folder = tmp_path / "shapes" / ("cup", "hat", "jar")[i % 3]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 255, (8, 8), np.uint8)).save(folder / f"{i}.png")
    train = "train shapes --reg aae-supervised --prior normal --net mlp --latent 4 --steps 5 --batch 8 --name m"
    for command in ("prepare images shapes --size 8 --name shapes", train, "explore m -o page.html"):
        done = run_in(tmp_path, *command.split())
        assert done.code == 0, done.err
    with browser() as driver:
        driver.get((tmp_path / "page.html").as_uri())
        assert driver.execute_async_script(READY) is True
        before, after, options = driver.execute_script("""
          const code = () => Array.from(e.models[0].code(e.ends[0]));
          const list = e.sliders.querySelector("select"), before = code();
          list.selectedIndex = 3;
          list.dispatchEvent(new Event("change"));
          return [before, code(), [...list.options].map((each) => each.textContent)];
        """)
        assert options == ["as it is", "cup", "hat", "jar"]
        assert after[:3] == [0, 0, 1]
        assert after[3:] == before[3:]
        driver.execute_async_script(REST)
        sample = driver.execute_script("e.alpha = 0; e.series[0].look(); return Array.from(e.series[0].sample)")
    lab = library.open(tmp_path / "artifacts", quiet=True)
    decoded = lab["m"].decode(np.array([after], np.float32))
    np.testing.assert_allclose(sample, decoded.ravel(), atol=1e-4)


POINTED = """
    const colour = (i) => Array.from(e.map.colours.slice(3 * i, 3 * i + 3)).join();
    const count = () => new Set(Array.from({ length: e.count }, (_, i) => colour(i))).size;
    const rest = [...e.legend.querySelectorAll("button")];
    const before = [count(), e.legend.textContent];
    rest[rest.length - 1].click();
    const at = e.arrays.get("label.action").indexOf(14);
    const pointed = [count(), colour(at), e.legend.querySelectorAll("[aria-pressed=true]").length];
    e.legend.querySelector("[aria-pressed=true]").click();
    return [before, pointed, count()];
"""


def test_of_more_classes_than_colours_each_is_named_and_can_be_pointed_at(tmp_path, people):
    actions = np.array([f"action {i % 15}" for i in range(len(people))])
    np.savez(tmp_path / "poses.npz", positions=people, action=actions, clip=np.arange(300) // 75, frame=np.arange(300))
    for command in ("prepare arrays poses.npz --name poses", "train poses --steps 5 --set mlp.widths=8 --name m",
                    "explore m -o page.html"):  # fmt: skip
        assert run_in(tmp_path, *command.split()).code == 0
    with browser() as driver:
        emulate(driver, prefers_color_scheme="dark")
        driver.get((tmp_path / "page.html").as_uri())
        assert driver.execute_async_script(READY) is True
        (colours, names), (pointed, colour, pressed), after = driver.execute_script(POINTED)
        assert all(f"action {i}" in names for i in range(15))
        assert (colours, after) == (13, 13)  # twelve, and grey
        assert (pointed, pressed) == (2, 1)
        assert colour != "140,140,140"
        # The first class on dark ground: Okabe and Ito's blue, a third of the way to white.
        assert driver.execute_script("return getComputedStyle(e.legend.querySelector('i')).backgroundColor") == (
            f"rgb({round(0 + 0.35 * 255)}, {round(114 + 0.35 * 141)}, {round(178 + 0.35 * 77)})"
        )


def test_a_browser_that_cannot_unpack_is_told_which_can(shown):
    driver, folder = shown
    page = (folder / "page.html").read_text()
    assert "DecompressionStream" in page
    made = driver.execute_cdp_cmd(
        "Page.addScriptToEvaluateOnNewDocument", {"source": "delete globalThis.DecompressionStream"}
    )
    try:
        driver.get((folder / "page.html").as_uri())
        assert "has no DecompressionStream" in driver.execute_async_script(READY)
        said = driver.execute_script("return document.querySelector('[role=alert]').textContent")
        assert "Firefox 113" in said
    finally:
        driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", made)
        driver.get((folder / "page.html").as_uri())
        assert driver.execute_async_script(READY) is True


def test_a_print_is_light_and_has_the_points(shown):
    driver, _ = shown
    emulate(driver, prefers_color_scheme="dark")
    drawn(driver)
    painted, paper, after = driver.execute_script("""
      const count = () => {
        const { width, height } = e.over, { data } = e.over.getContext("2d").getImageData(0, 0, width, height);
        return data.filter((each, i) => i % 4 === 3 && each > 0).length;
      };
      const before = count();
      dispatchEvent(new Event("beforeprint"));
      const found = [count() - before, getComputedStyle(e.root).backgroundColor];
      dispatchEvent(new Event("afterprint"));
      return [...found, count() - before];
    """)
    emulate(driver, prefers_color_scheme="light")
    assert painted > 300  # pixels of the points, which lie on another canvas otherwise
    assert paper == "rgb(255, 255, 255)"
    assert after == 0
