"""Reading at URLs: what may pass is tried again, all else told at once, each in one line with the URL."""

import ssl

import pytest
from tar_files import member, picture, tar_of

from iqa_cli.errors import ImageError, MissingExtraError, UsageError
from iqa_cli.images import load_image
from iqa_cli.images.headers import picture_size
from iqa_cli.storage import remote, tar_members
from iqa_cli.storage.access import exists, fetch, is_folder, opened, read_bytes
from iqa_cli.storage.folder_listing import listing, matching


def test_a_busy_server_is_asked_again(web):
    web.files["a.png"], web.busy["a.png"] = picture(), 2
    assert read_bytes(f"{web.url}/a.png") == picture()
    assert web.count("a.png") == 3


def test_an_answer_that_breaks_off_in_the_middle_is_asked_for_again(web):
    web.files["a.png"], web.broken["a.png"] = picture(), 2
    assert read_bytes(f"{web.url}/a.png") == picture()
    assert web.count("a.png") == 3


def test_a_server_that_stays_busy_is_told_with_its_status(web):
    web.files["a.png"], web.busy["a.png"] = picture(), 99
    url = f"{web.url}/a.png"
    with pytest.raises(ImageError) as told:
        load_image(url)
    assert str(told.value) == f"{url}: cannot be read: the server answers 503; tried 4 times, try later"
    assert web.count("a.png") == 4


def test_what_is_not_there_and_what_is_forbidden_is_asked_for_once(web):
    web.forbidden.add("b.png")
    with pytest.raises(ImageError, match=r"a\.png: cannot be read: no such file or folder; check the spelling"):
        load_image(f"{web.url}/a.png")
    with pytest.raises(ImageError, match=r"b\.png: cannot be read: access denied \(403\); check the credentials"):
        load_image(f"{web.url}/b.png")
    assert web.asked == ["a.png", "b.png"]


def test_a_server_that_is_not_there_is_told(web):
    with pytest.raises(ImageError, match=r"the connection breaks: .*; tried 4 times, try later"):
        load_image("http://127.0.0.1:9/a.png")


def test_a_server_that_falls_silent_is_given_up(web, monkeypatch):
    monkeypatch.setattr(remote, "SILENT", 0.2)
    monkeypatch.setattr(remote, "PAUSES", [0.0])
    web.files["slow.png"], web.latency = picture(), 0.6
    with pytest.raises(ImageError, match="no answer in time; tried 2 times, try later"):
        load_image(f"{web.url}/slow.png")


def test_a_query_belongs_to_the_name(web):
    web.files["a.png"] = picture()
    assert load_image(f"{web.url}/a.png?signature=a%2Fb").size == (24, 16)


def test_a_tar_is_read_by_parts(web):
    large = picture(1, size=(900, 900))
    web.files["1.tar"] = tar_of(member("a.png", large), member("b.png", picture(2)), member("c.png", large))
    url = f"{web.url}/1.tar"
    assert [path.name for path in listing(url).pictures] == ["a.png", "b.png", "c.png"]
    assert read_bytes(f"{url}/b.png") == picture(2)
    assert exists(f"{url}/c.png") and not exists(f"{url}/d.png")
    start = web.files["1.tar"].index(picture(2))
    assert web.asked[-1] == f"1.tar {start}-{start + len(picture(2)) - 1}"


def test_of_a_server_without_parts_a_tar_is_read_whole_once(web):
    web.files["1.tar"], web.ranges = tar_of(*(member(f"{i}.png", picture(i, size=(200, 200))) for i in range(3))), False
    for number in range(3):
        assert read_bytes(f"{web.url}/1.tar/{number}.png") == picture(number, size=(200, 200))
    assert web.count("1.tar") == 2  # its size, and all of it


def test_a_large_tar_of_a_server_without_parts_is_refused_before_it_is_read(web, monkeypatch):
    monkeypatch.setattr(tar_members, "WHOLE", 10_000)
    web.files["1.tar"] = tar_of(*(member(f"{i}.png", picture(i, size=(200, 200))) for i in range(3)))
    assert len(listing(f"{web.url}/1.tar").pictures) == 3
    web.files["2.tar"], web.ranges = web.files["1.tar"], False
    with pytest.raises(UsageError, match=r"2\.tar: cannot be listed: the server gives no parts .*: download it first"):
        listing(f"{web.url}/2.tar")


def test_links_of_a_page_are_a_folder(web):
    web.files["in/a.png"] = web.files["in/b/c.png"] = picture()
    web.files["in/"] = b'<a href="../">up</a> <a href="a.png">a</a> <a href="b/">b</a> <a href="/else.png">else</a>'
    web.files["in/b/"] = b'<a href="c.png">c</a>'
    assert [path.as_posix() for path in listing(f"{web.url}/in/").pictures] == ["a.png"]
    found = listing(f"{web.url}/in/", recursive=True)
    assert [path.as_posix() for path in found.pictures] == ["a.png", "b/c.png"]


def test_the_size_of_a_picture_is_told_by_its_start(web):
    web.files["a.png"] = picture(size=(300, 200))
    assert picture_size(f"{web.url}/a.png") == (300, 200)
    assert web.asked == ["a.png 0-65535"]


def test_a_file_at_a_url_can_be_searched(web):
    web.files["a.bin"] = bytes(range(256)) * 1000
    with opened(f"{web.url}/a.bin") as file:
        file.seek(100_000)
        assert file.read(4) == web.files["a.bin"][100_000:100_004]


def test_objects_are_read_and_listed(s3):
    bucket = s3.bucket("photos")
    for name in ("in/b.png", "in/a.jpg", "in/sub/c.png", "in/.hidden.png", "in/x.txt"):
        s3.put(f"{bucket}/{name}", picture())
    assert read_bytes(f"{bucket}/in/a.jpg") == picture()
    flat, deep = listing(f"{bucket}/in/"), listing(f"{bucket}/in", recursive=True)
    assert [path.as_posix() for path in flat.pictures] == ["a.jpg", "b.png"]
    assert flat.messages == (f"{bucket}/in/: passed over 1 .txt, 1 subfolder (--recursive looks inside)",)
    assert [path.as_posix() for path in deep.pictures] == ["a.jpg", "b.png", "sub/c.png"]
    assert matching(f"{bucket}/in/*.png") == [f"{bucket}/in/.hidden.png", f"{bucket}/in/b.png"]
    assert is_folder(f"{bucket}/in") and not is_folder(f"{bucket}/none") and not is_folder(f"{bucket}/in/a.jpg")
    assert exists(f"{bucket}/in/a.jpg") and not exists(f"{bucket}/in/z.jpg")


def test_what_is_no_object_is_told(s3):
    bucket = s3.bucket("empty")
    with pytest.raises(ImageError, match=r"s3://empty/a\.png: cannot be read: no such file or folder"):
        load_image(f"{bucket}/a.png")
    with pytest.raises(UsageError, match=r"s3://empty/in/: cannot be listed: no such file or folder"):
        listing(f"{bucket}/in/")
    with pytest.raises(ImageError, match=r"s3://nowhere/a\.png: cannot be read: no such bucket; check the spelling"):
        load_image("s3://nowhere/a.png")


def test_a_tar_in_a_bucket_is_read_by_parts(s3):
    url = s3.put(f"{s3.bucket('tars')}/1.tar", tar_of(member("a.png", picture(1)), member("b/c.png", picture(2))))
    assert load_image(f"{url}/b/c.png").size == (24, 16)
    assert [path.as_posix() for path in listing(url).pictures] == ["a.png", "b/c.png"]


def test_without_the_package_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "gcsfs", None)
    with pytest.raises(MissingExtraError, match=r"gs:// needs an optional package: pip install 'iqa-cli\[cloud\]'"):
        read_bytes("gs://bucket/a.png")
    assert "iqa-cli[cloud]" in str(fetch("gs://bucket/a.png").error)


def test_an_unknown_protocol_is_told():
    with pytest.raises(UsageError, match="none://a: Protocol not known: none"):
        read_bytes("none://a")


@pytest.mark.parametrize(
    ("url", "variable"), [("https://host/a.png", "SSL_CERT_FILE"), ("s3://bucket/a.png", "AWS_CA_BUNDLE")]
)
def test_a_certificate_that_is_not_trusted_is_told_at_once(url, variable):
    attempts = []

    def refused():
        attempts.append(url)
        raise ConnectionError("cannot connect") from ssl.SSLCertVerificationError(1, "self-signed certificate")

    with pytest.raises(remote.Unreachable) as told:
        remote.retried(url, refused)
    assert len(attempts) == 1 and variable in str(told.value.strerror)
