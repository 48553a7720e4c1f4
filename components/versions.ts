/**
 * Every version that is pinned, one line each. What comes from Debian is not pinned: the release is, and its
 * security updates are wanted.
 */
export const versions = {
    /** The machines' image; PostgreSQL 17, Patroni 4.0, etcd 3.5, RabbitMQ 4.0 and HAProxy 3.0 come with it. */
    debian: "debian-13",
    /** PostgreSQL's major version in that release. */
    postgres: "17",
    /** From PyPI; what it stands on is pinned by components/airflow/requirements.lock. */
    airflow: "3.3.2",
} as const;
