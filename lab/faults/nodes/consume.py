"""W2, the second half: notes each message that it is given, then acknowledges it."""

import time

from broker import Broker, queue
from common import Journal

# Seconds without a message, of which there are some thirty a second, after which another broker is asked.
silence = 4.0


def main():
    journal, broker = Journal("consumed"), Broker()
    while True:
        try:
            consume(broker, journal)
        except Exception:  # whatever the client raises: the next broker is asked
            broker.failed()
            time.sleep(0.1)


def consume(broker, journal):
    channel = broker.channel()
    last = time.monotonic()

    def take(message):
        nonlocal last
        last = time.monotonic()
        session, number = message.body.split()
        journal.write(session, number, f"{time.time():.6f}")
        channel.basic_ack(message.delivery_tag)

    channel.basic_qos(0, 20, False)
    channel.basic_consume(queue, callback=take)
    while time.monotonic() - last < silence:
        try:
            broker.connection.drain_events(timeout=1)
        except TimeoutError:
            pass
    raise TimeoutError("no message")


if __name__ == "__main__":
    main()
