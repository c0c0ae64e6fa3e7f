"""The memory that the Chamfer distance takes, however many points there are."""

import subprocess
import sys

CODE = """
import resource, torch
from posectl.core.clouds.chamfer import chamfer
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
def taken(points):
    a = torch.randn(points, 3, requires_grad=True)
    chamfer(a, torch.randn(points, 3)).backward()
torch.set_num_threads(1)
taken(100)
before = peak()
taken(10_000)
print((peak() - before) / 1024)
"""


def test_ten_thousand_points_on_either_side_take_a_fraction_of_their_squared_distances():
    found = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    # The matrix of all pairs alone would be 381 MiB in float32.
    assert float(found.stdout) < 128
