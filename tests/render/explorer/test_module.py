"""The module in a real browser: networks and paths there give what posectl's own give."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from chromium import browser, complaints
from core.test_operations import NETS, trained

from posectl.core.latent.paths import PATHS, between
from posectl.core.operations import describe
from posectl.render.explorer.packing import Pack
from posectl.render.explorer.page import module


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """A page that holds the module, its names in `globalThis`."""
    path = tmp_path_factory.mktemp("module") / "page.html"
    names = "unpack, Network, Background, PATHS, gif, npy, transitions, boneErrors, Reference, Cells, normals, random"
    path.write_text(
        f'<meta charset="utf-8"><script type="module">{module()}\nObject.assign(globalThis, {{ {names} }});</script>'
    )
    with browser() as driver:
        driver.get(path.as_uri())
        yield driver
        assert complaints(driver) == []


def asked(page, script, *arguments):
    """Run an async function body in the page, and return what it returns."""
    done = "const done = arguments[arguments.length - 1];"
    found = page.execute_async_script(
        f"{done} (async (...given) => {{ {script} }})(...arguments).then(done, (error) => done('failed: ' + error))",
        *arguments,
    )
    assert not (isinstance(found, str) and found.startswith("failed")), found
    return found


RUN = """
  const { header, arrays } = await unpack(given[0]);
  const operations = header.operations.map((each) => ({ ...each, arrays: Object.fromEntries(
    Object.entries(each.arrays).map(([key, name]) => [key, arrays.get(name)])) }));
  const codes = arrays.get("codes"), latent = header.latent;
  const network = new Network(operations, latent);
  const samples = given[1] ? await new Background(network).run(codes, codes.length / latent)
    : network.run(codes, codes.length / latent);
  return Array.from(samples);
"""


@pytest.mark.parametrize(("net", "objectives"), NETS, ids=lambda each: getattr(each, "name", str(each))[:20])
def test_every_net_decodes_in_the_browser_as_in_python(page, net, objectives):
    model = trained(net, objectives)
    codes = torch.randn(5, net.latent, generator=torch.Generator().manual_seed(2))
    expected = model.decode(codes).numpy()
    found = np.reshape(asked(page, RUN, packed(model, codes), False), expected.shape)
    np.testing.assert_allclose(found, expected, atol=2e-5, rtol=2e-5)


def test_a_worker_decodes_as_the_page_does(page):
    model = trained(*NETS[0])
    text = packed(model, torch.randn(3, 8))
    assert asked(page, RUN, text, True) == asked(page, RUN, text, False)


def packed(model, codes):
    pack = Pack()
    operations = []
    for number, each in enumerate(describe(model.decoder)):
        arrays = {key: f"{number}.{key}" for key in each.arrays}
        for key, values in each.arrays.items():
            pack.put(arrays[key], values)
        shapes = {key: list(values.shape) for key, values in each.arrays.items()}
        operations.append({"name": each.name, "settings": dict(each.settings), "arrays": arrays, "shapes": shapes})
    pack.put("codes", codes.numpy())
    return pack.text({"operations": operations, "latent": model.latent})


@pytest.mark.parametrize("path", PATHS)
def test_paths_are_those_of_python(page, path):
    generator = torch.Generator().manual_seed(3)
    a, b = torch.nn.functional.normalize(torch.randn(2, 8, generator=generator), dim=-1)
    nearly_opposite = torch.nn.functional.normalize(-a + 1e-4, dim=-1)
    for last, atol in ((b, 2e-6), (-a, 2e-6), (a + 1e-7, 2e-6), (nearly_opposite, 1e-3)):  # float32's middle is vague
        if path == "lerp-sphere" and torch.equal(last, -a):
            continue  # which have no middle
        expected = between(a[None], last[None], 9, path)[0].double().numpy()
        script = "return Array.from({ length: 9 }, (_, t) => Array.from(PATHS[given[0]](given[1], given[2], t / 8)))"
        found = asked(page, script, path, a.tolist(), last.tolist())
        np.testing.assert_allclose(np.array(found), expected, atol=atol, err_msg=path)


def test_measures_are_those_of_python(page):
    from posectl.core.kinds import KINDS
    from posectl.core.metrics.path_length_ratio import path_length_ratio
    from posectl.core.metrics.transitions import normalised
    from posectl.data.skeleton import H36M17

    poses = torch.randn(9, 17, 3, generator=torch.Generator().manual_seed(4))
    found = asked(page, """
      const samples = Float32Array.from(given[0]), kind = { kind: "poses", size: 51 };
      const found = new Reference(kind, samples.subarray(51 * 2)).nearest(samples, 51 * 4);
      return [transitions(kind, samples, 9), boneErrors(samples, 9, given[1]), found];
    """, poses.flatten().tolist(), list(H36M17.parents))  # fmt: skip
    kind = KINDS.get("poses")
    np.testing.assert_allclose(found[0]["curve"], normalised(poses[None], kind)[0].numpy(), rtol=1e-6)
    assert found[0]["ratio"] == pytest.approx(path_length_ratio(poses[None], kind)["mean"], rel=1e-6)
    lengths = H36M17.bone_lengths(poses.numpy().astype(np.float64))
    errors = 100 * np.abs(lengths / ((lengths[0] + lengths[-1]) / 2) - 1).mean(1)
    np.testing.assert_allclose(found[1], errors, rtol=1e-5)
    assert found[2]["row"] == 2
    assert found[2]["distance"] == 0


@pytest.mark.parametrize("kind", ["poses", "images"])
def test_the_nearest_real_sample_is_that_of_all(page, kind):
    rng = np.random.default_rng(5)
    real = rng.normal(size=(400, 17, 3)).astype(np.float32) * rng.uniform(0.1, 2, size=(400, 1, 1)).astype(np.float32)
    asked_of = (real[7::40] + 0.2 * rng.normal(size=(10, 17, 3))).astype(np.float32)
    found = asked(page, """
      const reference = new Reference({ kind: given[0], size: 51 }, Float32Array.from(given[1]));
      const samples = Float32Array.from(given[2]);
      return Array.from({ length: 10 }, (_, i) => reference.nearest(samples, 51 * i, given[3][i]));
    """, kind, real.ravel().tolist(), asked_of.ravel().tolist(), rng.integers(0, 400, 10).tolist())  # fmt: skip
    apart = (asked_of[:, None].astype(np.float64) - real[None]) ** 2
    far = np.sqrt(apart.sum(-1)).mean(-1) if kind == "poses" else np.sqrt(apart.mean((-1, -2)))
    np.testing.assert_array_equal([each["row"] for each in found], far.argmin(1))
    np.testing.assert_allclose([each["distance"] for each in found], far.min(1), rtol=1e-6)


@pytest.mark.parametrize("count", [3, 200, 5000])
def test_the_points_around_a_place_are_the_nearest_of_all(page, count):
    rng = np.random.default_rng(count)
    places = (rng.normal(size=(count, 2)) * rng.choice([0.01, 1, 20], size=(count, 1))).astype(np.float32)
    around = [*rng.normal(size=(20, 2)), [0, 0], [500, 3], [-80, -90]]
    found = asked(page, """
      const cells = new Cells(Float32Array.from(given[0]), given[1]);
      return given[2].map(([x, y]) => cells.around({ x, y }, 8));
    """, [*places.ravel().tolist(), 0, 0], count, np.asarray(around).tolist())  # fmt: skip
    for place, each in zip(around, found, strict=True):
        squares = ((places.astype(np.float64) - place) ** 2).sum(1)
        np.testing.assert_array_equal(each["rows"], np.argsort(squares)[:8])
        np.testing.assert_allclose(each["squares"][: min(count, 8)], np.sort(squares)[:8], rtol=1e-9)


def test_a_gif_of_the_page_holds_its_frames(page, tmp_path):
    import imageio.v3 as iio

    frames = [np.full((6, 5, 4), 255, np.uint8) for _ in range(3)]
    frames[0][..., :3] = [255, 0, 0]
    frames[1][..., :3] = [0, 0, 255]
    frames[2][:3, :, :3] = 0
    data = asked(page, """
      const frames = given[0].map((each) => Uint8ClampedArray.from(each));
      return Array.from(new Uint8Array(await gif(frames, 5, 6, 8).arrayBuffer()));
    """, [frame.ravel().tolist() for frame in frames])  # fmt: skip
    (tmp_path / "a.gif").write_bytes(bytes(data))
    read = iio.imread(tmp_path / "a.gif", index=None)
    np.testing.assert_array_equal(read[..., :3], np.stack(frames)[..., :3])
    assert iio.immeta(tmp_path / "a.gif")["duration"] == 80


def test_long_runs_of_colours_survive_the_gifs_compression(page, tmp_path):
    import imageio.v3 as iio

    levels = np.random.default_rng(0).integers(0, 6, size=(200, 210, 3)) * 51
    frame = np.concatenate([levels, np.full((200, 210, 1), 255)], axis=2).astype(np.uint8)
    data = asked(page, """
      const file = gif([Uint8ClampedArray.from(given[0])], 210, 200, 4);
      return Array.from(new Uint8Array(await file.arrayBuffer()));
    """, frame.ravel().tolist())  # fmt: skip
    (tmp_path / "a.gif").write_bytes(bytes(data))
    read = iio.imread(tmp_path / "a.gif")[..., :3].reshape(200, 210, 3)
    close = levels.max(2) - levels.min(2) < 12  # greys have levels of their own
    np.testing.assert_array_equal(read[~close], levels[~close])
    assert np.abs(read[close].astype(int) - levels[close]).max() <= 4


def test_an_npy_of_the_page_is_one(page, tmp_path):
    data = asked(page, """
      const file = npy(Float32Array.from([1, 2, 3, 4, 5, 6.5]), [1, 2, 3]);
      return Array.from(new Uint8Array(await file.arrayBuffer()));
    """)  # fmt: skip
    (tmp_path / "a.npy").write_bytes(bytes(data))
    read = np.load(tmp_path / "a.npy", allow_pickle=False)
    assert read.dtype == np.float32
    np.testing.assert_array_equal(read, [[[1, 2, 3], [4, 5, 6.5]]])


def test_draws_are_normal_and_the_same_for_a_seed(page):
    drawn = np.array(asked(page, "return Array.from(normals(random(5), 20000))"))
    assert abs(drawn.mean()) < 0.03
    assert abs(drawn.std() - 1) < 0.03
    assert abs(np.mean(drawn**4) - 3) < 0.2
    assert json.dumps(drawn.tolist()) == json.dumps(asked(page, "return Array.from(normals(random(5), 20000))"))
