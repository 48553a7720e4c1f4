"""One task of a minute and a half, which notes each second on its node that it runs: to take its machine away from it."""

import time

from airflow.sdk import dag, task


@dag(schedule=None, catchup=False, tags=["lab"])
def lab_patient():
    @task
    def wait(run_id=None):
        with open("/var/lib/airflow/lab_patient.txt", "a", buffering=1) as notes:
            for second in range(90):
                notes.write(f"{run_id} {time.time():.3f}\n")
                print(f"second {second}", flush=True)
                time.sleep(1)

    wait()


lab_patient()
