"""Files that are whole or not there."""

import io
import os
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.files import File
from django.core.files.base import ContentFile

from runtimes.storage import WholeFileStorage
from tests.doubles import together


class Breaking(File):  # type: ignore[type-arg]
    """Breaks off after some chunks, as a builder does that is killed."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(io.BytesIO())
        self.error = error

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:  # noqa: ARG002 Django's signature
        yield b"some"
        raise self.error


@pytest.fixture
def storage(tmp_path: Path) -> WholeFileStorage:
    return WholeFileStorage(location=tmp_path)


def files(storage: WholeFileStorage) -> list[str]:
    """Everything that lies there, hidden or not."""
    return sorted(
        str(path.relative_to(storage.location)) for path in Path(storage.location).rglob("*") if path.is_file()
    )


def test_what_was_saved_is_read_again(storage: WholeFileStorage) -> None:
    assert storage.save("ab/slug.tar.zst", ContentFile(b"content")) == "ab/slug.tar.zst"
    with storage.open("ab/slug.tar.zst") as file:
        assert file.read() == b"content"
    assert files(storage) == ["ab/slug.tar.zst"]


@pytest.mark.parametrize("error", [OSError("no space"), ValueError(), KeyboardInterrupt()])
def test_what_breaks_off_leaves_nothing(storage: WholeFileStorage, error: BaseException) -> None:
    with pytest.raises(type(error)):
        storage.save("ab/slug.tar.zst", Breaking(error))
    assert files(storage) == []


def test_what_breaks_off_leaves_the_file_that_was_there(storage: WholeFileStorage) -> None:
    storage.save("a", ContentFile(b"first"))
    with pytest.raises(OSError, match="no space"):
        storage._save("a", Breaking(OSError("no space")))
    with storage.open("a") as file:
        assert file.read() == b"first"


def test_a_file_is_not_there_before_it_is_whole(storage: WholeFileStorage) -> None:
    class Watching(Breaking):
        def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:  # noqa: ARG002 Django's signature
            yield b"half"
            assert not storage.exists("a")
            yield b" and half"

    storage.save("a", Watching(OSError()))
    with storage.open("a") as file:
        assert file.read() == b"half and half"


def test_of_two_who_save_one_name_each_file_is_whole(storage: WholeFileStorage) -> None:
    content = [bytes([number]) * 3_000_000 for number in range(4)]
    together(*(lambda data=data: storage._save("a", ContentFile(data)) for data in content))
    assert files(storage) == ["a"]
    with storage.open("a") as file:
        assert file.read() in content


def test_a_name_cannot_leave_the_storage(storage: WholeFileStorage) -> None:
    with pytest.raises(Exception, match=r"traversal|outside"):
        storage.save("../outside", ContentFile(b""))


def test_a_large_file_passes_through_in_pieces(storage: WholeFileStorage, tmp_path: Path) -> None:
    source = tmp_path.parent / "large"
    with source.open("wb") as file:
        os.truncate(file.name, 50_000_000)
    with source.open("rb") as content:
        tracemalloc.start()
        storage.save("large", File(content))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    source.unlink()
    assert peak < 5_000_000
