import pytest


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory, monkeypatch):
    """Keep the signing key and the cache of a test out of the user's home."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("PLANFIT_HOME", str(home))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
