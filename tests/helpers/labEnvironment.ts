import { TestEnvironment } from "jest-environment-node";
import type { Circus } from "@jest/types";
import { nodes, tryOn } from "./lab";

/** Where a test fails, the log gets what the nodes say at that moment: nobody can log in to CI's lab afterwards. */
export default class LabEnvironment extends TestEnvironment {
    async handleTestEvent(event: Circus.AsyncEvent): Promise<void> {
        if (event.name !== "test_fn_failure" && event.name !== "hook_failure") {
            return;
        }
        const what = event.test ? `"${event.test.name}"` : "what comes before or after the tests";
        for (const node of nodes) {
            const { stdout, stderr } = await tryOn(node, questions, 60_000);
            process.stderr.write(`\n== ${node} when ${what} failed\n${stdout}${stderr}`);
        }
    }
}

const questions = `exec 2>&1
systemctl list-units --failed --no-legend
uptime
patronictl list
timeout 20 rabbitmqctl --quiet list_queues --vhost airflow name leader online consumers messages | grep --invert-match celery_delayed
runuser --user postgres -- psql -h /var/run/postgresql -Xd airflow -c "select dag_id, run_id, state, try_number as try,
hostname, queued_dttm, start_date from task_instance where state not in ('success', 'failed', 'removed')"
said() { journalctl --no-hostname --no-pager --quiet --lines="$2" --unit="$1" | cut --characters=1-300; }
said airflow-worker 20
said airflow-scheduler 10
said airflow-watchdog 5
said rabbitmq-server 10
`;
