"""A hub of this process, which the library takes for the real one."""

import pytest
from support.hub_stand_in import TOKEN
from support.hub_stand_in import running_hub


@pytest.fixture
def hub(tmp_path, monkeypatch):
    pytest.importorskip("huggingface_hub", reason="needs the extra `hub`")
    with running_hub() as (hub, address):
        monkeypatch.setenv("HF_ENDPOINT", address)
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
        # What the library has read when it was imported.
        constants = "huggingface_hub.constants."
        template = address + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(f"{constants}ENDPOINT", address)
        monkeypatch.setattr(f"{constants}HUGGINGFACE_CO_URL_TEMPLATE", template)
        yield hub
