"""The registration of a learning platform (LTI 1.3), for administrators."""
