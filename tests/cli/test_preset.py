"""A preset holds one paper's settings for one kind of sample, and gives way to what is named."""

import json

import pytest


@pytest.fixture
def lines(posectl):
    made = posectl("prepare", "lines", "--size", 16, "--train-count", 40, "--test-count", 20, "--name", "lines")
    assert made.code == 0, made.err
    return posectl


@pytest.fixture
def poses(posectl):
    assert posectl("prepare", "mannequin", "--subjects", 2, "--seconds", 0.4, "--name", "poses").code == 0
    return posectl


def trained(posectl, *args):
    """The config of a model, {key: value} and {key: source}."""
    made = posectl("train", *args, "--name", "model")
    assert made.code == 0, made.err
    config = json.loads(posectl("store", "show", "model", "--json").out)["config"]
    return {key: each["value"] for key, each in config.items()}, {key: each["source"] for key, each in config.items()}


SMALL = {"conv": "conv.depth=2", "vgg": "vgg.depth=2"}
# As protocols of the papers' own code have them: net, latent size, learning rate, betas, batch, lambda.
PUBLISHED = {
    "acai": ("conv", 64, 1e-4, [0.9, 0.999], 64, 0.5),
    "aae": ("conv", 64, 1e-4, [0.9, 0.999], 64, 1.0),
    "vqvae": ("conv", 256, 1e-4, [0.9, 0.999], 64, 10.0),
    "aeai": ("vgg", 256, 1e-3, [0.9, 0.999], 64, 0.5),  # states no optimiser
    "amr": ("conv", 32, 1e-4, [0.5, 0.99], 64, 1.0),
    "gaia": ("conv", 512, 1e-4, [0.9, 0.999], 8, 5e-5),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_settings_of_papers_about_images(lines, name):
    net, *rest = PUBLISHED[name]
    codes = ("--set", "vqvae.codes=64") if name == "vqvae" else ()
    values, sources = trained(lines, "lines", "--preset", name, "--steps", 1, "--set", SMALL[net], *codes)
    (objective,) = values["objectives"]
    found = (values["latent"], values["lr"], values["betas"], values["batch"], objective["lam"])
    assert (values["architecture"]["name"], objective["name"], *found) == (net, name, *rest)
    assert sources["reg"] == f"preset {name}"
    assert sources["steps"] == "flag"


def test_the_entries_of_a_published_vqvae_stay_and_its_codes_are_four_wide(lines):
    values, _ = trained(lines, "lines", "--preset", "vqvae", "--steps", 1, "--set", "conv.depth=2",
                        "--set", "vqvae.codes=64")  # fmt: skip
    assert values["objectives"][0]["restart"] == 0
    assert (values["architecture"]["latent_width"], values["architecture"]["depth"]) == (4, 2)


@pytest.mark.parametrize("name", ["naayem", "published"])
def test_the_pose_reports(poses, name):
    values, _ = trained(poses, "poses", "--preset", name, "--steps", 2)
    assert (values["lr"], values["pairing"], values["rotate"]) == (0.01, "halves", "view")
    assert values["objectives"] == [{"name": "acai", "lam": 0.5, "gamma": 0.05}]
    assert values["architecture"]["batch_norm"]


def test_what_is_named_goes_before_it(poses):
    args = ("--preset", "naayem", "--steps", 2, "--set", "acai.gamma=0.1", "--lam", 0.3, "--lr", 0.001)
    values, sources = trained(poses, "poses", *args)
    assert values["objectives"] == [{"name": "acai", "lam": 0.3, "gamma": 0.1}]
    assert values["architecture"]["batch_norm"]  # a setting of one's own leaves its others
    assert (values["lr"], sources["lr"], sources["batch"]) == (0.001, "flag", "preset naayem")


def test_of_another_regularizer_it_knows_neither_weight_nor_settings(poses):
    values, _ = trained(poses, "poses", "--preset", "naayem", "--reg", "cycle", "--steps", 2)
    assert values["objectives"] == [{"name": "cycle", "lam": 0.01, "grid": 0}]
    assert values["lr"] == 0.01


@pytest.mark.parametrize(("name", "other"), [("naayem", "images"), ("published", "images")])
def test_images_have_no_use_for_the_pose_reports(lines, name, other):
    done = lines("train", "lines", "--preset", name)
    assert done.code == 2
    assert "for poses, and the samples are images" in done.err
    assert "--preset acai" in done.err


@pytest.mark.parametrize("name", PUBLISHED)
def test_poses_have_no_use_for_those_of_images(poses, name):
    done = poses("sweep", "poses", "--preset", name)
    assert done.code == 2
    assert "for images, and the samples are poses" in done.err
    assert "--preset naayem" in done.err


def test_a_sweep_and_the_library_take_them_too(lines, tmp_path):
    import posectl

    small = ("--set", "conv.depth=2", "--steps", 1, "--preset", "acai")
    swept = lines("sweep", "lines", *small, "--lam", "0,0.1", "--json")
    assert swept.code == 0, swept.err
    assert [(row["lam"], row["latent"]) for row in swept.json["replicas"]] == [([0.0], 64), ([0.1], 64)]
    lab = posectl.open(tmp_path / "artifacts", quiet=True)
    model = lab.train("lines", preset="acai", steps=1, set="conv.depth=2")
    assert (model.config["lr"], model.config["lam"], model.latent) == (1e-4, [0.5], 64)
    assert lab.train("lines", preset="acai", steps=1, set="conv.depth=2", lam=0.1).ref == "lines-acai-d64-l0.1-s0:v1"


def test_a_dry_run_shows_settings_with_their_sources_and_trains_nothing(poses):
    done = poses("train", "poses", "--preset", "naayem", "--lam", 0.3, "--dry-run")
    assert done.code == 0, done.err
    told = {line.split()[0]: line.split()[1:] for line in done.out.splitlines()}
    assert told["lr"] == ["0.01", "preset", "naayem"]
    assert told["lam"] == ["0.3", "flag"]
    assert told["latent"] == ["8", "default"]
    assert told["encoder"] == ["82,184", "parameters"]  # as its authors' own, with norms
    assert poses("train", "poses", "--dry-run", "--json").json["parameters"]["encoder"] == 81_160
    assert poses("store", "ls", "--kind", "model", "--json").json == []
