"""The settings of `--preset published` go to the network that the samples are trained with."""

import json

TINY = "--steps", 2, "--batch", 4, "--latent", 4, "--preset", "published"


def network(posectl, dataset):
    trained = posectl("train", dataset, *TINY, "--name", "model")
    assert trained.code == 0, trained.err
    return json.loads(posectl("store", "show", "model", "--json").out)["config"]["architecture"]["value"]


def test_lines_are_trained_with_a_convolutional_network_which_has_none_of_them(posectl):
    made = posectl("prepare", "lines", "--size", 16, "--train-count", 40, "--test-count", 20, "--name", "lines")
    assert made.code == 0, made.err
    assert network(posectl, "lines")["name"] == "conv"


def test_poses_are_trained_with_an_mlp_that_normalises_its_batches(posectl):
    made = posectl("prepare", "mannequin", "--name", "poses")
    assert made.code == 0, made.err
    found = network(posectl, "poses")
    assert (found["name"], found["batch_norm"]) == ("mlp", True)
