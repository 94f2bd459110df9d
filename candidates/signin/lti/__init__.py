"""People who come by a link of a learning platform (LTI 1.3), with the checks and refusals of the SSO login."""
