"""Brings Airflow's roles and its first user to what is wanted; reads the user's password from standard input."""

import sys

from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder
from airflow.utils.providers_configuration_loader import providers_configuration_loaded


@providers_configuration_loaded
def main(username, password):
    with get_application_builder() as builder:
        builder.add_permissions(update_perms=True)
        manager = builder.sm
        manager.sync_roles()
        user = manager.find_user(username=username)
        if user is None:
            role = manager.find_role("Admin")
            user = manager.add_user(username, "Airflow", "Admin", f"{username}@localhost", role, password)
            if not user:
                sys.exit(f"Airflow did not take the user {username}")
        elif not manager.reset_password(user.id, password):
            sys.exit(f"Airflow did not take the password of {username}")


main(sys.argv[1], sys.stdin.read().strip())
