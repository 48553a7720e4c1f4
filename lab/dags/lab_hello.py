"""One short task: the smallest run that goes through every part of the cluster."""

from airflow.sdk import dag, task


@dag(schedule=None, catchup=False, tags=["lab"])
def lab_hello():
    @task
    def hello():
        import socket

        return socket.gethostname()

    hello()


lab_hello()
