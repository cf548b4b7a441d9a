"""One Ray for all tests of the folder: starting it takes seconds."""

import os

import pytest

# Ray has its processes wait for whatever else runs: on a machine that is busy with
# other tests they would wait too long.
AS_URGENT = "RAY_worker_niceness", "0"


@pytest.fixture(scope="session")
def ray():
    """Ray on this machine, with two cores whatever there are."""
    pytest.importorskip("ray", reason="needs the extra `fleet`")
    os.environ.setdefault(*AS_URGENT)
    from ray import cloudpickle
    from support import fleet_work

    from keras_singan.fleet.cluster import connected

    # Its processes do not know the folder of the tests.
    cloudpickle.register_pickle_by_value(fleet_work)
    with connected("local", cores=2) as ray:
        yield ray
