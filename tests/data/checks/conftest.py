"""Sound poses, which each test spoils in its own way."""

import pytest

from posectl.data.dataset import Dataset
from posectl.data.readers.mannequin import read as mannequin


@pytest.fixture(scope="package")
def people() -> Dataset:
    return mannequin([], subjects=3, seconds=1)
