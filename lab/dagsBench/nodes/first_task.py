"""One run as soon as Airflow knows the DAG; its task notes when it began. `npm run bench -- dags` replaces the name."""

from datetime import datetime, timezone

from airflow.sdk import dag, task


@dag(
    dag_id="DAG_ID",
    schedule="@once",
    start_date=datetime(2026, 1, 1, tzinfo=timezone.utc),
    is_paused_upon_creation=False,
    tags=["lab"],
)
def pipeline():
    @task
    def start():
        import time

        with open("/var/lib/bench-dags/tasks/DAG_ID.tsv", "a") as file:
            file.write(f"{time.time():.6f}\n")

    start()


pipeline()
