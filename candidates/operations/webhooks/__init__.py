"""Tell other systems what happened: subscriptions, the queue in the database, and the worker that sends."""
