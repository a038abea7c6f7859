"""One undisturbed run for all tests that disturb another."""

import os
import pickle

import pytest
import pytest_asyncio
from filelock import FileLock

from ..crowd import Left, undisturbed_in


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Left:
    """The run of `crowd` that nobody disturbs, once for all processes of a run of the tests."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    kept = shared / "undisturbed.pickle"
    with FileLock(shared / "undisturbed.lock"):
        if not kept.exists():
            kept.write_bytes(pickle.dumps(await undisturbed_in(shared / "undisturbed")))
        left: Left = pickle.loads(kept.read_bytes())
    return left
