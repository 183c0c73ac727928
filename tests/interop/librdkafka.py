"""Writes the golden corpus' records with librdkafka, by way of Debian's python3-confluent-kafka.

usage: python3 librdkafka.py ADDRESS CODEC PLAIN LOG_APPEND_TIME IDEMPOTENT COMMITTED ABORTED MIXED

The last six are topics that are there; each gets, in partition 0, what its name says.
"""

import sys

from confluent_kafka import Producer

# The same as in Payloads.java.
TIME = 1_700_000_000_000
PATIENCE_S = 60

EDGES = [
    (TIME, b"key", b"value", []),
    (TIME + 1, None, b"null key", []),
    (TIME + 2, b"", b"empty key", []),
    (TIME + 3, b"tombstone", None, []),
    (TIME + 4, None, None, []),
    (TIME - 5_000, b"empty value, earlier", b"", []),
    (TIME + 6, b"", b"", []),
    # librdkafka takes 0 for "now", so the oldest time is 1.
    (1, b"epoch", "größe 🙂".encode(), []),
    (TIME + 86_400_000, b"\xff\x00\xfe\n\xc3", b"\xff\x00\xfe\n\xc3", []),
    (
        TIME + 9,
        b"headers",
        b'{"n":1}',
        [("a", b"1"), ("null", None), ("a", b"2"), ("größe", b""), ("a", b"1")],
    ),
    (TIME + 10, b"repeats", b"abcdefgh" * 80, []),
]


def some(name, count):
    """Makes a few records with sizes between 20 and 60 bytes."""
    return [
        (TIME + 1_000 * n, f"{name}-{n}".encode(), f'{{"from":"{name}","n":{n}}}'.encode(), [])
        for n in range(count)
    ]


class Writer:
    """A producer that sends a batch when it is told to flush, and not before."""

    def __init__(self, address, codec, **settings):
        self._producer = Producer(
            {
                "bootstrap.servers": address,
                "broker.address.family": "v4",
                "compression.type": codec,
                "linger.ms": 30_000,
                **{name.replace("_", "."): value for name, value in settings.items()},
            }
        )
        if "transactional_id" in settings:
            self._producer.init_transactions(PATIENCE_S)

    def send(self, topic, records):
        """Sends records as one batch and waits until they are there."""
        failures = []
        for timestamp, key, value, headers in records:
            self._producer.produce(
                topic,
                partition=0,
                timestamp=timestamp,
                key=key,
                value=value,
                headers=headers,
                on_delivery=lambda error, _: failures.append(error) if error else None,
            )
        left = self._producer.flush(PATIENCE_S)
        if failures or left:
            raise RuntimeError(f"{topic}: {failures}, {left} records not sent")

    def begin(self):
        self._producer.begin_transaction()

    def commit(self):
        self._producer.commit_transaction(PATIENCE_S)

    def abort(self):
        self._producer.abort_transaction(PATIENCE_S)


def main(address, codec, plain, log_append_time, idempotent, committed, aborted, mixed):
    """Writes the six topics of one codec."""
    none = Writer(address, codec)
    for topic in [plain, log_append_time]:
        none.send(topic, EDGES)
        none.send(topic, some("one", 1))
        none.send(topic, some("many", 20))

    sequenced = Writer(address, codec, enable_idempotence=True)
    sequenced.send(idempotent, EDGES)
    sequenced.send(idempotent, some("second", 3))

    first = Writer(address, codec, transactional_id=f"{codec}-first")
    second = Writer(address, codec, transactional_id=f"{codec}-second")
    for topic, end in [(committed, first.commit), (aborted, first.abort)]:
        for records in [EDGES, some("second", 2)]:
            first.begin()
            first.send(topic, records)
            end()

    # Two transactions that overlap, and batches of none between them.
    none.send(mixed, some("plain", 2))
    first.begin()
    second.begin()
    first.send(mixed, EDGES)
    second.send(mixed, some("aborts", 2))
    none.send(mixed, some("between", 1))
    first.commit()
    sequenced.send(mixed, some("idempotent", 2))
    second.abort()
    none.send(mixed, some("after", 1))


if __name__ == "__main__":
    main(*sys.argv[1:])
