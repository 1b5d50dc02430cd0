"""Where weight files come from: whole or not at all, once, and never without leave."""

import subprocess
import sys
from pathlib import Path

import pytest
from weight_entries import CONTENT, ENTRY, SHA256, entry_of, iqa_weights, weight

from iqa_cli.errors import ExitCode, UsageError, WeightsError
from iqa_cli.weights import fetching, locate


def test_the_cache_folder_follows_the_environment(monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "/xdg")
    monkeypatch.setenv("IQA_CACHE", "/own")
    assert fetching.cache_folder() == Path("/own")
    monkeypatch.delenv("IQA_CACHE")
    assert fetching.cache_folder() == Path("/xdg/iqa")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert fetching.cache_folder() == Path.home() / ".cache" / "iqa"


def test_a_weight_is_downloaded_once_and_lies_whole_in_the_cache(server):
    received = []
    path = locate(weight(f"{server.url}/good"), progress=received.append)
    assert path.read_bytes() == CONTENT
    assert sum(received) == len(CONTENT)
    assert locate(weight(f"{server.url}/good")) == path
    assert (server.asked, list(path.parent.iterdir())) == (["/good"], [path])


def test_a_file_url_is_fetched_like_any_other(tmp_path):
    (tmp_path / "w").write_bytes(CONTENT)
    assert locate(weight((tmp_path / "w").as_uri())).read_bytes() == CONTENT


@pytest.mark.parametrize("bad", ["missing", "other", "longer"])
def test_an_address_that_gives_something_else_is_asked_once_and_the_next_one_taken(server, bad):
    received = []
    path = locate(weight(f"{server.url}/{bad}", f"{server.url}/good"), progress=received.append)
    assert path.read_bytes() == CONTENT
    assert server.asked == [f"/{bad}", "/good"]
    assert sum(received) == len(CONTENT)


def test_a_failure_that_may_pass_is_tried_again(server):
    assert locate(weight(f"{server.url}/recovers")).read_bytes() == CONTENT
    assert len(server.asked) == 3


def test_a_truncated_download_is_tried_three_times_and_leaves_nothing(server):
    with pytest.raises(WeightsError, match=r"/cut: .*1500000") as caught:
        locate(weight(f"{server.url}/cut"))
    assert caught.value.exit_code == ExitCode.WEIGHTS
    assert "--weights" in str(caught.value)
    assert server.asked == ["/cut"] * 3
    assert list(fetching.cache_folder().iterdir()) == []


def test_a_wrong_hash_names_both_hashes_and_leaves_nothing(server):
    with pytest.raises(WeightsError, match=f"instead of {SHA256}"):
        locate(weight(f"{server.url}/other"))
    assert list(fetching.cache_folder().iterdir()) == []


def test_all_addresses_that_failed_are_named(server, tmp_path):
    urls = (f"{server.url}/missing", (tmp_path / "nothing").as_uri(), "http://127.0.0.1:9/closed")
    with pytest.raises(WeightsError) as caught:
        locate(weight(*urls))
    assert all(url in str(caught.value) for url in urls)
    assert "HTTP 404" in str(caught.value)


def test_a_cache_that_cannot_be_written_to_points_to_the_setting(server, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("IQA_CACHE", str(tmp_path / "file" / "below"))
    with pytest.raises(WeightsError, match="set IQA_CACHE"):
        locate(weight(f"{server.url}/good"))


def test_without_a_home_folder_there_is_no_cache_and_a_download_points_to_the_setting(tmp_path, monkeypatch):
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("IQA_CACHE")
    monkeypatch.setattr("os.path.expanduser", lambda path: path)  # as where the user has no entry and HOME no value
    monkeypatch.chdir(tmp_path)
    (tmp_path / "w").write_bytes(CONTENT)
    remote = weight((tmp_path / "w").as_uri())
    assert fetching.place(remote) == "remote" and fetching.check(remote) == "not fetched"
    with pytest.raises(WeightsError, match="set IQA_CACHE to another folder"):
        locate(remote)
    assert [path.name for path in tmp_path.iterdir()] == ["w"]


def test_a_cache_that_cannot_be_looked_into_is_an_empty_one(server, tmp_path, monkeypatch):
    monkeypatch.setenv("IQA_CACHE", str(tmp_path / ("c" * 300)))  # no system has such names
    remote = weight(f"{server.url}/good")
    assert fetching.place(remote) == "remote" and fetching.check(remote) == "not fetched"
    with pytest.raises(WeightsError, match="set IQA_CACHE to another folder"):
        locate(remote)


def test_processes_that_fetch_at_once_all_get_the_whole_file(server):
    code = (
        "import sys; from iqa_cli.weights.fetching import locate; from iqa_cli.weights.weight_list import Weight;"
        f"w = Weight('w', 'iqt-c', {SHA256!r}, {len(CONTENT)}, '', '', urls=('{server.url}/good',));"
        "sys.stdout.buffer.write(locate(w).read_bytes())"
    )
    runs = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) for _ in range(3)]
    assert all(run.communicate()[0] == CONTENT for run in runs)
    assert len(list(fetching.cache_folder().iterdir())) == 1


@pytest.mark.parametrize("how", ["argument", "environment"])
def test_offline_only_what_is_here_is_taken(how, server, monkeypatch, request):
    here, away = weight(f"{server.url}/good"), weight(f"{server.url}/good", name="away")
    path = locate(here)
    request.getfixturevalue("no_network")
    if how == "environment":
        monkeypatch.setenv("IQA_OFFLINE", "1")
    assert locate(here, offline=how == "argument") == path
    with pytest.raises(WeightsError, match="iqa weights fetch away"):
        locate(away, offline=how == "argument")


def test_a_damaged_file_in_the_cache_is_found_and_replaced(server):
    entry = weight(f"{server.url}/good")
    assert (fetching.check(entry), fetching.place(entry)) == ("not fetched", "remote")
    path = locate(entry)
    path.write_bytes(CONTENT[::-1])
    assert (fetching.check(entry), fetching.place(entry)) == ("damaged", "cached")
    fetching.fetch(entry)
    assert fetching.check(entry) == "ok"


def test_an_embedded_file_that_is_not_there_asks_for_a_new_installation():
    with pytest.raises(WeightsError, match="install the package again"):
        locate(weight(file="no such file.safetensors"))


def test_fetch_prints_where_the_file_lies_and_verify_finds_it_damaged(saved, listed):
    listed(entry_of(saved))
    path = Path(iqa_weights("fetch", "w").stdout.strip())
    assert path.read_bytes() == saved.read_bytes()
    assert iqa_weights("verify").stdout == "w: ok\n"
    path.write_bytes(b"?")
    result = iqa_weights("verify", "w")
    assert result.stdout == "w: damaged\n"
    assert isinstance(result.exception, WeightsError)
    assert iqa_weights("fetch", "--all").exit_code == 0
    assert iqa_weights("verify").exit_code == 0


def test_what_was_never_fetched_is_no_damage(listed):
    listed(ENTRY.format(url="https://example.org/w", sha256=SHA256, size=7))
    result = iqa_weights("verify")
    assert (result.exit_code, result.stdout) == (0, "w: not fetched\n")


def test_fetching_nothing_is_a_usage_error(listed):
    listed("")
    assert isinstance(iqa_weights("fetch").exception, UsageError)
    assert isinstance(iqa_weights("fetch", "w").exception, UsageError)
    assert iqa_weights("fetch", "--all").exit_code == 0
