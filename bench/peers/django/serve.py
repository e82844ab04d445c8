"""djangorestframework-api-key (`keys`) or django-rest-knox (`knox`), behind gunicorn.

serve.py FOLDER PORT KEYS OWNERS RIVAL
"""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.dirname(HERE))
folder, port, keys, owners, rival = sys.argv[1:]
os.environ |= {"FOLDER": folder, "RIVAL": rival}

import site_of_keys  # noqa: E402, F401
from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connections, transaction  # noqa: E402

import launch  # noqa: E402


def fill():
    """Tokens that are let in, and one that lacks the scope, where there are scopes."""
    people = User.objects.bulk_create(User(username=f"owner-{number}") for number in range(int(owners)))
    holders = [people[number % len(people)] for number in range(int(keys))]
    if rival == "knox":
        from knox.models import AuthToken

        return [AuthToken.objects.create(holder)[1] for holder in holders], None
    from keys.models import ScopedKey

    def create(owner, scope):
        return ScopedKey.objects.create_key(name="bench", owner=owner, scope=scope)[1]

    return [create(holder, "read:printers") for holder in holders], create(people[0], "read:orders")


call_command("migrate", run_syncdb=True, verbosity=0)
with transaction.atomic():
    tokens, narrow = fill()
connections.close_all()
package = "django-rest-knox" if rival == "knox" else "djangorestframework-api-key"
versions = launch.versions(package, "django", "djangorestframework", "gunicorn")
gunicorn = ["-m", "gunicorn", "--worker-class", "gthread", "--workers", "1", "--threads", "4", "--keep-alive", "75"]
launch.run(
    [sys.executable, *gunicorn, "--chdir", HERE, "--bind", f"127.0.0.1:{port}", "--log-level", "error", "wsgi"],
    {},
    lambda: launch.tell(folder, tokens, narrow, versions),
)
