"""How passwords that people choose are stored."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class OwaspArgon2Hasher(Argon2PasswordHasher):
    """Argon2id with OWASP's parameters: 19 MiB, two rounds, one lane (measured.md: 73 logins a second and core)."""

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1
