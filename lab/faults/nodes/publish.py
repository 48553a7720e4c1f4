"""W2, the first half: publishes to a quorum queue, 10 a second, and waits for each confirmation."""

import amqp

from broker import Broker, queue
from common import Journal, attempts, patience

broker = Broker(confirm_publish=True)


def attempt(session, number):
    try:
        channel = broker.channel()
    except Exception as error:  # whatever the client raises: nothing was sent yet
        broker.failed()
        return "refused", repr(error)
    try:
        message = amqp.Message(f"{session} {number}", delivery_mode=2)
        channel.basic_publish(message, routing_key=queue, confirm_timeout=patience)
    except Exception as error:  # a broker that said no may still keep the message
        broker.failed()
        return "unknown", repr(error)
    return "ok", ""


if __name__ == "__main__":
    attempts(Journal("published"), 10, attempt)
