"""Thirty mapped tasks of a second or more: enough for every worker to get some."""

import time

from airflow.sdk import dag, task


@dag(schedule=None, catchup=False, tags=["lab"])
def lab_spread():
    @task
    def step(number: int) -> int:
        time.sleep(2)
        print(f"step {number} is done")
        return number

    step.expand(number=list(range(30)))


lab_spread()
