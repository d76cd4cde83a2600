"""Files in a bucket of an S3-compatible store."""

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from storages.backends.s3 import S3Storage


class BucketStorage(S3Storage):
    """What cannot be written there is an `OSError`, as on a disk."""

    def _save(self, name: str, content: Any) -> str:
        try:
            return str(super()._save(name, content))
        except (BotoCoreError, ClientError) as error:
            raise OSError(str(error).rstrip(".")) from error
