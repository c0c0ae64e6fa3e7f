"""Picture files in every form in which users have them, and broken ones."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from posectl.data.dataset import Dataset
from posectl.data.readers.images import read
from posectl.errors import InvalidInputError, NotFoundError

RNG = np.random.default_rng(0)
GREY, COLOUR = RNG.integers(0, 256, (16, 16), np.uint8), RNG.integers(0, 256, (16, 16, 3), np.uint8)


def save(folder: Path, name: str, pixels: np.ndarray, **options: object) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(folder / name, **options)
    return folder / name


def unit(pixels: np.ndarray) -> np.ndarray:
    """Bytes (H, W) or (H, W, 3) as (C, H, W) from -1 to 1, in float64."""
    return np.moveaxis(np.atleast_3d(pixels), 2, 0) / 127.5 - 1


def pair(folder: Path, pixels: np.ndarray, name: str = "a.png", **options: object) -> Dataset:
    """The dataset of this picture and another that is grey and flat."""
    save(folder, name, pixels, **options)
    save(folder, "b.png", np.full((16, 16), 128, np.uint8))
    return read([folder])


@pytest.mark.parametrize("pixels", [GREY, COLOUR], ids=["grey", "colour"])
@pytest.mark.parametrize("suffix", ["png", "bmp", "tif", "webp"])
def test_pixels_run_from_black_at_minus_one_to_white_at_one(tmp_path: Path, pixels: np.ndarray, suffix: str) -> None:
    for name in ("a", "b"):
        save(tmp_path, f"{name}.{suffix}", pixels, **({"lossless": True} if suffix == "webp" else {}))
    dataset = read([tmp_path])
    if suffix != "webp" or pixels.ndim == 3:  # WebP knows no grey
        np.testing.assert_allclose(dataset.samples[0], unit(pixels), atol=1e-6)
    assert dataset.samples.dtype == np.float32
    assert dataset.warnings == []


def test_palettes_and_single_bits_are_read_as_what_they_show(tmp_path: Path) -> None:
    flags = (GREY > 127).astype(np.uint8) * 255
    Image.fromarray(flags).convert("1").save(tmp_path / "bits.png")
    Image.fromarray(flags).convert("P").save(tmp_path / "palette.png")
    samples = read([tmp_path]).samples
    for image in samples:
        np.testing.assert_array_equal(image, np.broadcast_to(unit(flags), (3, 16, 16)))


def test_transparent_pictures_are_laid_on_black_with_a_warning(tmp_path: Path) -> None:
    alpha = RNG.integers(0, 256, (16, 16, 1), np.uint8)
    dataset = pair(tmp_path, np.concatenate([COLOUR, alpha], axis=2))
    np.testing.assert_allclose(dataset.samples[0], unit(COLOUR * (alpha / 255)), atol=1.01 / 127.5)
    assert dataset.warnings[0] == "1 images have an alpha channel and were laid on black (the first is a.png)."


def test_opaque_pictures_with_an_alpha_channel_are_no_matter(tmp_path: Path) -> None:
    opaque = np.concatenate([COLOUR, np.full((16, 16, 1), 255, np.uint8)], axis=2)
    for name in ("a.png", "b.png"):
        save(tmp_path, name, opaque)
    dataset = read([tmp_path])
    np.testing.assert_allclose(dataset.samples[0], unit(COLOUR), atol=1e-6)
    assert dataset.warnings == []


def test_sixteen_bits_are_scaled_with_a_warning(tmp_path: Path) -> None:
    words = RNG.integers(0, 1 << 16, (16, 16)).astype(np.uint16)
    words[0, :2] = 0, 65_535
    dataset = pair(tmp_path, words)
    np.testing.assert_allclose(dataset.samples[0, 0], words / 32_767.5 - 1, atol=1e-6)
    (warning,) = dataset.warnings
    assert warning.startswith("1 images have 16 bits a channel, and their range of 0 to 65,535 became -1 to 1")


def test_masks_of_nought_and_one_are_black_and_white(tmp_path: Path) -> None:
    masks = [RNG.integers(0, 2, (16, 16), np.uint8) for _ in range(3)]
    for number, mask in enumerate(masks):
        save(tmp_path, f"{number}.png", mask)
    dataset = read([tmp_path])
    np.testing.assert_array_equal(dataset.samples[:, 0], 2.0 * np.stack(masks) - 1)
    assert (
        dataset.warnings[0]
        == "The pictures of 8 bits hold 0 to 1, and 1 was taken for white: --range LOW,HIGH says otherwise."
    )
    as_bytes = read([tmp_path], range=("0", "255"))
    np.testing.assert_allclose(as_bytes.samples[:, 0], np.stack(masks) / 127.5 - 1, atol=1e-6)


def test_twelve_bits_in_sixteen_are_stretched_with_a_warning(tmp_path: Path) -> None:
    words = RNG.integers(0, 1 << 12, (16, 16)).astype(np.uint16)
    words[0, :2] = 0, 4_000
    for name in ("a.png", "b.tif"):
        save(tmp_path, name, words)
    dataset = read([tmp_path])
    np.testing.assert_allclose(dataset.samples[0, 0], words / 2047.5 - 1, atol=1e-6)
    assert "4,095 was taken for white: --range" in dataset.warnings[0]
    assert not any("16 bits a channel" in warning for warning in dataset.warnings)


def test_a_few_grey_levels_stay_dark_and_the_range_is_offered(tmp_path: Path) -> None:
    levels = RNG.integers(0, 8, (16, 16)).astype(np.uint8)
    levels[0, 0] = 7
    for name in ("a.png", "b.png"):
        save(tmp_path, name, levels)
    dataset = read([tmp_path])
    np.testing.assert_allclose(dataset.samples[0], unit(levels), atol=1e-6)
    assert "The pictures of 8 bits hold no more than 7: --range 0,7 takes that for white." in dataset.warnings
    np.testing.assert_allclose(read([tmp_path], range=(0, 7)).samples[0, 0], levels / 3.5 - 1, atol=1e-6)


def test_floating_point_pixels_are_refused(tmp_path: Path) -> None:
    save(tmp_path, "a.tif", GREY.astype(np.float32))
    with pytest.raises(InvalidInputError, match="floating-point") as caught:
        read([tmp_path])
    assert ".npz" in caught.value.hint


def test_grey_among_colours_is_made_colour_with_a_warning(tmp_path: Path) -> None:
    dataset = pair(tmp_path, COLOUR)
    assert dataset.samples.shape == (2, 3, 16, 16)
    assert (dataset.samples[1] == dataset.samples[1, 0, 0, 0]).all()
    assert dataset.warnings == ["1 images are grey, among coloured ones (the first is b.png)."]


def test_a_picture_on_its_side_is_set_upright(tmp_path: Path) -> None:
    upright = save(tmp_path, "a.png", COLOUR)
    exif = Image.Exif()
    exif[0x0112] = 6  # turned a quarter clockwise to be seen upright
    Image.fromarray(np.rot90(COLOUR)).save(tmp_path / "b.png", exif=exif)
    one, two = read([upright.parent]).samples
    np.testing.assert_array_equal(one, two)


def test_every_truncation_is_refused_in_one_sentence(tmp_path: Path) -> None:
    whole = save(tmp_path, "whole.png", COLOUR).read_bytes()
    end = whole.index(b"IEND") - 16  # after this all pixels are there
    for length in range(0, end, 7):
        (tmp_path / "whole.png").write_bytes(whole[:length])
        with pytest.raises(InvalidInputError, match=r"whole\.png is no whole image") as caught:
            read([tmp_path], size=8)
        assert "--skip-broken" in caught.value.hint


@pytest.mark.parametrize("width", [64.0, float("nan"), 1e30])
def test_a_tiff_whose_width_is_a_fraction_is_refused_or_read(tmp_path: Path, width: float) -> None:
    tags = {256: width, 257: 64, 258: 8, 259: 1, 262: 1, 273: 8, 277: 1, 278: 64, 279: 4096}
    form = {tag: (12, "<d") if isinstance(value, float) else (4, "<I") for tag, value in tags.items()}
    place, more = 8 + 2 + 12 * len(tags) + 4, struct.pack("<d", width)
    entries = b"".join(
        struct.pack("<HHI", tag, form[tag][0], 1) + struct.pack("<I", place if tag == 256 else int(value))
        for tag, value in tags.items()
    )
    (tmp_path / "a.tif").write_bytes(
        b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4) + more + bytes(4096)
    )
    with pytest.raises(InvalidInputError):
        read([tmp_path / "a.tif"])


def test_broken_pictures_can_be_left_out_by_name(tmp_path: Path) -> None:
    for index in range(4):
        save(tmp_path / str(index % 2), f"{index}.png", COLOUR)
    (tmp_path / "0" / "0.png").write_bytes(b"no picture")
    (tmp_path / "1" / "1.png").write_bytes((tmp_path / "1" / "3.png").read_bytes()[:200])
    dataset = read([tmp_path], skip_broken=True)
    assert len(dataset.samples) == 2
    assert dataset.per_sample["label"].tolist() == [0, 1]
    assert dataset.warnings == ["2 images are broken and were left out (the first is 0.png)."]


def test_nothing_but_broken_pictures_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"no picture")
    with pytest.raises(InvalidInputError, match="Not one of the images is whole"):
        read([tmp_path], skip_broken=True)


def test_mixed_sizes_are_named(tmp_path: Path) -> None:
    save(tmp_path, "a.png", GREY)
    save(tmp_path, "b.png", np.zeros((32, 64), np.uint8))
    with pytest.raises(InvalidInputError, match=r"of 2 sizes: a\.png is 16x16, b\.png is 64x32") as caught:
        read([tmp_path])
    assert "--size 64" in caught.value.hint


@pytest.mark.parametrize(
    ("shape", "size", "advised"), [((100, 100), "100x100", 128), ((64, 32), "32x64", 32), ((4, 4), "4x4", 8)]
)
def test_sides_that_are_no_power_of_two_are_named(
    tmp_path: Path, shape: tuple[int, int], size: str, advised: int
) -> None:
    save(tmp_path, "a.png", np.zeros(shape, np.uint8))
    with pytest.raises(InvalidInputError, match=rf"a\.png is {size} pixels") as caught:
        read([tmp_path])
    assert f"--size {advised}" in caught.value.hint


def test_a_missing_or_empty_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="nowhere"):
        read([tmp_path / "nowhere"])
    with pytest.raises(InvalidInputError, match="holds no images"):
        read([tmp_path])
    save(tmp_path, "a.png", GREY)
    with pytest.raises(InvalidInputError, match="One image is no dataset"):
        read([tmp_path])


def test_of_moving_pictures_the_first_frame_is_taken_with_a_warning(tmp_path: Path) -> None:
    frames = [Image.new("L", (8, 8), grey) for grey in (51, 204)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    frames[1].save(tmp_path / "b.gif")
    dataset = read([tmp_path])
    np.testing.assert_allclose(dataset.samples[:, 0, 0, 0], [2 * 51 / 255 - 1, 2 * 204 / 255 - 1], atol=1e-6)
    assert "1 images hold several frames, of which the first was taken (the first is a.gif)." in dataset.warnings
