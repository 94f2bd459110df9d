"""Learning platforms (LTI 1.3, Names and Role Provisioning Service 2)."""
