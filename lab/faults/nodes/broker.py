"""How W2 reaches the brokers: the own node's first, then the others, as Celery does."""

import os
from urllib.parse import urlsplit

import amqp

from common import patience

queue = "lab_faults"
brokers = [urlsplit(url) for url in os.environ["CELERY_BROKER_WRITE_URL"].split(";")]


class Broker:
    """A channel that is opened when it is needed, at the next broker after each failure."""

    def __init__(self, **options):
        self.options = options
        self.failures = 0
        self.connection = None

    def channel(self):
        if self.connection is None:
            url = brokers[self.failures % len(brokers)]
            connection = amqp.Connection(
                host=f"{url.hostname}:{url.port}",
                userid=url.username,
                password=url.password,
                virtual_host=url.path[1:],
                connect_timeout=patience,
                read_timeout=patience,
                write_timeout=patience,
                **self.options,
            )
            try:
                connection.connect()
                self.opened = connection.channel()
                self.opened.queue_declare(
                    queue, durable=True, auto_delete=False, arguments={"x-queue-type": "quorum"}
                )
            except BaseException:
                connection.collect()
                raise
            self.connection = connection
        return self.opened

    def failed(self):
        """Without a word of farewell: whoever does not answer now would not answer that either."""
        self.failures += 1
        if self.connection is not None:
            self.connection.collect()
            self.connection = None
